using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>Keeps a number of equal pods, through ReplicaSets (apps/v1).</summary>
public sealed record Deployment
{
    public string ApiVersion
    {
        get;
        init => field = value ?? "apps/v1";
    } = "apps/v1";
    public string Kind
    {
        get;
        init => field = value ?? "Deployment";
    } = "Deployment";
    public ObjectMeta Metadata
    {
        get;
        init => field = value ?? new();
    } = new();
    public DeploymentSpec Spec
    {
        get;
        init => field = value ?? new();
    } = new();
    public DeploymentStatus Status
    {
        get;
        init => field = value ?? new();
    } = new();
}

/// <summary>What a Deployment shall keep.</summary>
public sealed record DeploymentSpec
{
    /// <summary>1 when absent.</summary>
    public int? Replicas { get; init; }

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
    public DeploymentStrategy Strategy
    {
        get;
        init => field = value ?? new();
    } = new();
    public int? MinReadySeconds { get; init; }
    public int? RevisionHistoryLimit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Paused { get; init; }

    public int? ProgressDeadlineSeconds { get; init; }
}

/// <summary>RollingUpdate or Recreate.</summary>
public sealed record DeploymentStrategy
{
    public string? Type { get; init; }
    public RollingUpdateDeployment? RollingUpdate { get; init; }
}

/// <summary>Bounds of a rolling update, as counts or percentages.</summary>
public sealed record RollingUpdateDeployment
{
    public IntOrString? MaxUnavailable { get; init; }
    public IntOrString? MaxSurge { get; init; }
}

/// <summary>What a Deployment has.</summary>
public sealed record DeploymentStatus
{
    public long? ObservedGeneration { get; init; }
    public int? Replicas { get; init; }
    public int? UpdatedReplicas { get; init; }
    public int? ReadyReplicas { get; init; }
    public int? AvailableReplicas { get; init; }
    public int? UnavailableReplicas { get; init; }
    public IReadOnlyList<DeploymentCondition> Conditions
    {
        get;
        init => field = value ?? [];
    } = [];
    public int? CollisionCount { get; init; }
}

/// <summary>One condition of a Deployment: Available, Progressing, ReplicaFailure.</summary>
public sealed record DeploymentCondition
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
    public DateTimeOffset? LastUpdateTime { get; init; }
    public DateTimeOffset? LastTransitionTime { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
}
