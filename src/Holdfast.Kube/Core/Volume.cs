using System.Text.Json.Serialization;

namespace Holdfast.Kube;

/// <summary>A volume of a pod: a name and exactly one source. A source that this record does not know reads as none at all.</summary>
public sealed record Volume
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public HostPathVolumeSource? HostPath { get; init; }
    public EmptyDirVolumeSource? EmptyDir { get; init; }
    public SecretVolumeSource? Secret { get; init; }
    public ConfigMapVolumeSource? ConfigMap { get; init; }
    public DownwardApiVolumeSource? DownwardAPI { get; init; }
    public ProjectedVolumeSource? Projected { get; init; }
    public PersistentVolumeClaimVolumeSource? PersistentVolumeClaim { get; init; }
}

/// <summary>A path of the host.</summary>
public sealed record HostPathVolumeSource
{
    public string Path
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>"", DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice or BlockDevice.</summary>
    public string? Type { get; init; }
}

/// <summary>A directory that lives as long as the pod.</summary>
public sealed record EmptyDirVolumeSource
{
    /// <summary>"" for disk, "Memory" for tmpfs.</summary>
    public string? Medium { get; init; }

    public Quantity? SizeLimit { get; init; }
}

/// <summary>A Secret as files.</summary>
public sealed record SecretVolumeSource
{
    public string SecretName
    {
        get;
        init => field = value ?? "";
    } = "";
    public IReadOnlyList<KeyToPath> Items
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Mode bits in decimal, as JSON has them; 0644 when absent.</summary>
    public int? DefaultMode { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Optional { get; init; }
}

/// <summary>A ConfigMap as files.</summary>
public sealed record ConfigMapVolumeSource
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public IReadOnlyList<KeyToPath> Items
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Mode bits in decimal, as JSON has them; 0644 when absent.</summary>
    public int? DefaultMode { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Optional { get; init; }
}

/// <summary>Which key goes to which file.</summary>
public sealed record KeyToPath
{
    public string Key
    {
        get;
        init => field = value ?? "";
    } = "";
    public string Path
    {
        get;
        init => field = value ?? "";
    } = "";
    public int? Mode { get; init; }
}

/// <summary>Fields of the pod as files.</summary>
public sealed record DownwardApiVolumeSource
{
    public IReadOnlyList<DownwardApiVolumeFile> Items
    {
        get;
        init => field = value ?? [];
    } = [];
    public int? DefaultMode { get; init; }
}

/// <summary>One file of a downward API volume.</summary>
public sealed record DownwardApiVolumeFile
{
    public string Path
    {
        get;
        init => field = value ?? "";
    } = "";
    public ObjectFieldSelector? FieldRef { get; init; }
    public ResourceFieldSelector? ResourceFieldRef { get; init; }
    public int? Mode { get; init; }
}

/// <summary>Several sources in one directory.</summary>
public sealed record ProjectedVolumeSource
{
    public IReadOnlyList<VolumeProjection> Sources
    {
        get;
        init => field = value ?? [];
    } = [];
    public int? DefaultMode { get; init; }
}

/// <summary>Exactly one of these is set.</summary>
public sealed record VolumeProjection
{
    public SecretProjection? Secret { get; init; }
    public ConfigMapVolumeSource? ConfigMap { get; init; }
    public DownwardApiVolumeSource? DownwardAPI { get; init; }
    public ServiceAccountTokenProjection? ServiceAccountToken { get; init; }
}

/// <summary>A Secret in a projected volume (its key is "name" there, not "secretName").</summary>
public sealed record SecretProjection
{
    public string Name
    {
        get;
        init => field = value ?? "";
    } = "";
    public IReadOnlyList<KeyToPath> Items
    {
        get;
        init => field = value ?? [];
    } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Optional { get; init; }
}

/// <summary>A token of the pod's service account in a projected volume.</summary>
public sealed record ServiceAccountTokenProjection
{
    public string? Audience { get; init; }
    public long? ExpirationSeconds { get; init; }
    public string Path
    {
        get;
        init => field = value ?? "";
    } = "";
}

/// <summary>A claim on a persistent volume.</summary>
public sealed record PersistentVolumeClaimVolumeSource
{
    public string ClaimName
    {
        get;
        init => field = value ?? "";
    } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }
}
