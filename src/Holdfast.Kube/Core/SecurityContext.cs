namespace Holdfast.Kube;

/// <summary>Security settings of a whole pod; a container's own settings win.</summary>
public sealed record PodSecurityContext
{
    public SeLinuxOptions? SeLinuxOptions { get; init; }
    public long? RunAsUser { get; init; }
    public long? RunAsGroup { get; init; }
    public bool? RunAsNonRoot { get; init; }
    public IReadOnlyList<long> SupplementalGroups
    {
        get;
        init => field = value ?? [];
    } = [];
    public long? FsGroup { get; init; }

    /// <summary>Always (the default) or OnRootMismatch.</summary>
    public string? FsGroupChangePolicy { get; init; }

    public IReadOnlyList<PodSysctl> Sysctls
    {
        get;
        init => field = value ?? [];
    } = [];
    public SeccompProfile? SeccompProfile { get; init; }
    public AppArmorProfile? AppArmorProfile { get; init; }
}

/// <summary>A kernel parameter inside the pod's namespaces.</summary>
public sealed record PodSysctl
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

/// <summary>Security settings of one container.</summary>
public sealed record SecurityContext
{
    public ContainerCapabilities? Capabilities { get; init; }
    public bool? Privileged { get; init; }
    public SeLinuxOptions? SeLinuxOptions { get; init; }
    public long? RunAsUser { get; init; }
    public long? RunAsGroup { get; init; }
    public bool? RunAsNonRoot { get; init; }
    public bool? ReadOnlyRootFilesystem { get; init; }
    public bool? AllowPrivilegeEscalation { get; init; }

    /// <summary>Default or Unmasked.</summary>
    public string? ProcMount { get; init; }

    public SeccompProfile? SeccompProfile { get; init; }
    public AppArmorProfile? AppArmorProfile { get; init; }
}

/// <summary>Capabilities added to and dropped from the runtime's default set; names without CAP_, or ALL.</summary>
public sealed record ContainerCapabilities
{
    public IReadOnlyList<string> Add
    {
        get;
        init => field = value ?? [];
    } = [];
    public IReadOnlyList<string> Drop
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>SELinux labels.</summary>
public sealed record SeLinuxOptions
{
    public string? User { get; init; }
    public string? Role { get; init; }
    public string? Type { get; init; }
    public string? Level { get; init; }
}

/// <summary>Type is RuntimeDefault, Unconfined or Localhost.</summary>
public sealed record SeccompProfile
{
    public string Type
    {
        get;
        init => field = value ?? "";
    } = "";
    public string? LocalhostProfile { get; init; }
}

/// <summary>Type is RuntimeDefault, Unconfined or Localhost.</summary>
public sealed record AppArmorProfile
{
    public string Type
    {
        get;
        init => field = value ?? "";
    } = "";
    public string? LocalhostProfile { get; init; }
}
