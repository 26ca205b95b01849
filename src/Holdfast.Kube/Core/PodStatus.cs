namespace Holdfast.Kube;

/// <summary>What a pod is, as the Agent observed it.</summary>
public sealed record PodStatus
{
    public long? ObservedGeneration { get; init; }

    /// <summary>Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string? Phase { get; init; }

    public IReadOnlyList<PodCondition> Conditions
    {
        get;
        init => field = value ?? [];
    } = [];
    public string? Message { get; init; }
    public string? Reason { get; init; }
    public string? NominatedNodeName { get; init; }
    public string? HostIP { get; init; }
    public IReadOnlyList<PodIP> HostIPs
    {
        get;
        init => field = value ?? [];
    } = [];
    public string? PodIP { get; init; }
    public IReadOnlyList<PodIP> PodIPs
    {
        get;
        init => field = value ?? [];
    } = [];
    public DateTimeOffset? StartTime { get; init; }
    public IReadOnlyList<ContainerStatus> InitContainerStatuses
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<ContainerStatus> ContainerStatuses
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Guaranteed, Burstable or BestEffort.</summary>
    public string? QosClass { get; init; }
}

/// <summary>Phases of a pod.</summary>
public static class PodPhase
{
    public const string Pending = "Pending";
    public const string Running = "Running";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
    public const string Unknown = "Unknown";
}

/// <summary>An address of a pod or of its host.</summary>
public sealed record PodIP
{
    public string Ip
    {
        get;
        init => field = value ?? "";
    } = "";
}

/// <summary>One condition of a pod.</summary>
public sealed record PodCondition
{
    /// <summary>Initialized, ContainersReady, Ready, PodScheduled, PodReadyToStartContainers...</summary>
    public string Type
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>True, False or Unknown.</summary>
    public string Status
    {
        get;
        init => field = value ?? "";
    } = "";

    public DateTimeOffset? LastProbeTime { get; init; }
    public DateTimeOffset? LastTransitionTime { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public long? ObservedGeneration { get; init; }
}

/// <summary>One container of a pod, as observed.</summary>
public sealed record ContainerStatus
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public ContainerState State
    {
        get;
        init => field = value ?? new();
    } = new();
    public ContainerState LastState
    {
        get;
        init => field = value ?? new();
    } = new();
    public bool Ready { get; init; }
    public int RestartCount { get; init; }
    public string Image
    {
        get;
        init => field = value ?? "";
    } = "";

    public string ImageID
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>RUNTIME://ID.</summary>
    public string? ContainerID { get; init; }

    public bool? Started { get; init; }
}

/// <summary>At most one of these is set; none means waiting.</summary>
public sealed record ContainerState
{
    public ContainerStateWaiting? Waiting { get; init; }
    public ContainerStateRunning? Running { get; init; }
    public ContainerStateTerminated? Terminated { get; init; }
}

/// <summary>Not yet running, and why.</summary>
public sealed record ContainerStateWaiting
{
    public string? Reason { get; init; }
    public string? Message { get; init; }
}

/// <summary>Running since.</summary>
public sealed record ContainerStateRunning
{
    public DateTimeOffset? StartedAt { get; init; }
}

/// <summary>Ended, how and when.</summary>
public sealed record ContainerStateTerminated
{
    public int ExitCode { get; init; }
    public int? Signal { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public string? ContainerID { get; init; }
}
