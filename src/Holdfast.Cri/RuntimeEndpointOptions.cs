namespace Holdfast.Cri;

/// <summary>Where a runtime listens and what it has. Immutable.</summary>
/// <param name="Name">The runtime's name in the node document, unique on the node.</param>
/// <param name="SocketPath">Path of the unix socket that serves CRI.</param>
public sealed record RuntimeEndpointOptions(string Name, string SocketPath)
{
    /// <summary>Names of its handlers; the first is the default one.</summary>
    public IReadOnlyList<string> Handlers { get; init; } = [];

    /// <summary>containerd's namespace of CRI containers; null when the runtime is certainly not containerd.</summary>
    public string? ContainerdNamespace { get; init; } = "k8s.io";

    /// <summary>How long the calls may take.</summary>
    public CallDeadlines Deadlines { get; init; } = new();

    /// <summary>Versions of CRI to try, best first.</summary>
    internal IReadOnlyList<CriApi> Apis { get; init; } = [CriApi.V1, CriApi.V1Alpha2];

    /// <summary>How often a runtime without events is listed.</summary>
    internal TimeSpan RelistPeriod { get; init; } = Events.RelistEventSource.DefaultPeriod;

    /// <summary>How often a runtime whose events are watched is asked whether it still answers.</summary>
    internal TimeSpan HeartbeatPeriod { get; init; } = Events.RuntimeHeartbeat.DefaultPeriod;

    /// <summary>How many events may wait for a slow reader before they are replaced by a Resync.</summary>
    internal int EventQueueCapacity { get; init; } = Events.EventQueue.DefaultCapacity;
}

/// <summary>How long each class of call may take before it fails as DeadlineExceeded. Immutable.</summary>
public sealed record CallDeadlines
{
    /// <summary>Version and Status, by which a connection is judged: a healthy runtime answers in milliseconds.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Lists and statuses. The kubelet's runtimeRequestTimeout is 2 minutes, for everything.</summary>
    public TimeSpan Query { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Create, start, stop, remove. The kubelet gives a sandbox twice its runtimeRequestTimeout.</summary>
    public TimeSpan Change { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>Pulling an image: the runtime itself gives up when nothing moves, and a slow link may need hours.</summary>
    public TimeSpan Pull { get; init; } = Timeout.InfiniteTimeSpan;
}

/// <summary>What the runtime said about itself. Immutable.</summary>
/// <param name="RuntimeName">For example <c>containerd</c>.</param>
/// <param name="Version">For example <c>1.6.20~ds1</c>.</param>
/// <param name="ApiVersion">The version of CRI that is spoken: <c>v1</c> or <c>v1alpha2</c>.</param>
public sealed record RuntimeVersion(string RuntimeName, string Version, string ApiVersion);
