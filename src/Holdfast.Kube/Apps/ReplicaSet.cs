namespace Holdfast.Kube;

/// <summary>Keeps a number of equal pods (apps/v1).</summary>
public sealed record ReplicaSet
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "apps/v1";
    } = "apps/v1";
    public string Kind
    {
        get;
        init => field = value ?? "ReplicaSet";
    } = "ReplicaSet";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public ReplicaSetSpec Spec
    {
        get;
        init => field = value ?? new();
    } = new();
    public ReplicaSetStatus Status
    {
        get;
        init => field = value ?? new();
    } = new();
}

/// <summary>What a ReplicaSet shall keep.</summary>
public sealed record ReplicaSetSpec
{
    /// <summary>1 when absent.</summary>
    public int? Replicas { get; init; }

    public int? MinReadySeconds { get; init; }
    public LabelSelector Selector
    {
        get;
        init => field = value ?? new();
    } = new();
    public PodTemplateSpec Template
    {
        get;
        init => field = value ?? new();
    } = new();
}

/// <summary>What a ReplicaSet has. Replicas is always written, as Kubernetes does.</summary>
public sealed record ReplicaSetStatus
{
    public int Replicas { get; init; }
    public int? FullyLabeledReplicas { get; init; }
    public int? ReadyReplicas { get; init; }
    public int? AvailableReplicas { get; init; }
    public long? ObservedGeneration { get; init; }
    public IReadOnlyList<ReplicaSetCondition> Conditions
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>One condition of a ReplicaSet: ReplicaFailure.</summary>
public sealed record ReplicaSetCondition
{
    public string Type
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Status
    {
        get;
        init => field = value ?? "";
    } = "";
    public DateTimeOffset? LastTransitionTime { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
}
