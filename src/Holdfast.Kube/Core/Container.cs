using System.Collections.ObjectModel;
using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>A container of a pod, as wanted.</summary>
public sealed record Container
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Image
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>Replaces the image's entrypoint.</summary>
    public IReadOnlyList<string> Command
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Replaces the image's arguments.</summary>
    public IReadOnlyList<string> Args
    {
        get;
        init => field = value ?? [];
    } = [];

    public string? WorkingDir { get; init; }
    public IReadOnlyList<ContainerPort> Ports
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<EnvFromSource> EnvFrom
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<EnvVar> Env
    {
        get;
        init => field = value ?? [];
    } = [];
    public ResourceRequirements Resources
    {
        get;
        init => field = value ?? new();
    } = new();

    /// <summary>Only for init containers: "Always" makes a sidecar.</summary>
    public string? RestartPolicy { get; init; }

    public IReadOnlyList<VolumeMount> VolumeMounts
    {
        get;
        init => field = value ?? [];
    } = [];
    public Probe? LivenessProbe { get; init; }
    public Probe? ReadinessProbe { get; init; }
    public Probe? StartupProbe { get; init; }
    public Lifecycle? Lifecycle { get; init; }

    /// <summary>A file in the container whose text becomes the message of its end; /dev/termination-log when absent.</summary>
    public string? TerminationMessagePath { get; init; }

    /// <summary>File (the default) or FallbackToLogsOnError.</summary>
    public string? TerminationMessagePolicy { get; init; }

    /// <summary>Always, IfNotPresent or Never.</summary>
    public string? ImagePullPolicy { get; init; }

    public SecurityContext? SecurityContext { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stdin { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool StdinOnce { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Tty { get; init; }
}

/// <summary>A port that a container listens on.</summary>
public sealed record ContainerPort
{
    public string? Name { get; init; }
    public int? HostPort { get; init; }

    /// <summary>containerPort in JSON; a member cannot carry its type's name.</summary>
    [JsonPropertyName("containerPort")]
    public int Number { get; init; }

    /// <summary>TCP (the default), UDP or SCTP.</summary>
    public string? Protocol { get; init; }

    public string? HostIP { get; init; }
}

/// <summary>Requests and limits: resource name ("cpu", "memory", ...) to quantity.</summary>
public sealed record ResourceRequirements
{
    public IReadOnlyDictionary<string, Quantity> Limits
    {
        get;
        init => field = value ?? Nothing;
    } = Nothing;
    public IReadOnlyDictionary<string, Quantity> Requests
    {
        get;
        init => field = value ?? Nothing;
    } = Nothing;

    private static IReadOnlyDictionary<string, Quantity> Nothing => ReadOnlyDictionary<string, Quantity>.Empty;
}

/// <summary>Where a volume of the pod appears in a container.</summary>
public sealed record VolumeMount
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }

    public string MountPath
    {
        get;
        init => field = value ?? "";
    } = "";
    public string? SubPath { get; init; }
    public string? SubPathExpr { get; init; }

    /// <summary>None (the default), HostToContainer or Bidirectional.</summary>
    public string? MountPropagation { get; init; }
}
