namespace Holdfast.Kube;

/// <summary>How to find out whether a container is alive, ready or started. Seconds; absent values have Kubernetes' defaults.</summary>
public sealed record Probe
{
    public ExecAction? Exec { get; init; }
    public HttpGetAction? HttpGet { get; init; }
    public TcpSocketAction? TcpSocket { get; init; }
    public GrpcAction? Grpc { get; init; }
    public int? InitialDelaySeconds { get; init; }
    public int? TimeoutSeconds { get; init; }
    public int? PeriodSeconds { get; init; }
    public int? SuccessThreshold { get; init; }
    public int? FailureThreshold { get; init; }
    public long? TerminationGracePeriodSeconds { get; init; }
}

/// <summary>What runs right after the start and right before the stop of a container.</summary>
public sealed record Lifecycle
{
    public LifecycleHandler? PostStart { get; init; }
    public LifecycleHandler? PreStop { get; init; }
}

/// <summary>Exactly one of these is set.</summary>
public sealed record LifecycleHandler
{
    public ExecAction? Exec { get; init; }
    public HttpGetAction? HttpGet { get; init; }
    public TcpSocketAction? TcpSocket { get; init; }
    public SleepAction? Sleep { get; init; }
}

/// <summary>A command inside the container; no shell.</summary>
public sealed record ExecAction
{
    public IReadOnlyList<string> Command
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>An HTTP request; 200 to 399 is success.</summary>
public sealed record HttpGetAction
{
    public string? Path { get; init; }
    public IntOrString Port { get; init; }
    public string? Host { get; init; }
    public string? Scheme { get; init; }
    public IReadOnlyList<HttpHeader> HttpHeaders
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>A header of an HTTP probe.</summary>
public sealed record HttpHeader
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Value
    {
        get;
        init => field = value ?? "";
    } = "";
}

/// <summary>A TCP connection that must open.</summary>
public sealed record TcpSocketAction
{
    public IntOrString Port { get; init; }
    public string? Host { get; init; }
}

/// <summary>The gRPC health protocol.</summary>
public sealed record GrpcAction
{
    public int Port { get; init; }
    public string? Service { get; init; }
}

/// <summary>Wait so many seconds.</summary>
public sealed record SleepAction
{
    public long Seconds { get; init; }
}
