namespace Holdfast.Document;

/// <summary>One container runtime of the node, with all its places filled in.</summary>
public sealed record RuntimeSpec
{
    /// <summary>The name under which Holdfast, its messages and its services know this runtime.</summary>
    public required string Name { get; init; }
    public RuntimeKind Kind { get; init; } = RuntimeKind.Containerd;
    public InstallSpec Install { get; init; } = new InstallSpec.Present();

    /// <summary>As the document says; the component resolves <see cref="CgroupDriverChoice.Auto"/> from the facts.</summary>
    public CgroupDriverChoice CgroupDriver { get; init; } = CgroupDriverChoice.Auto;

    /// <summary>Full image reference; <c>builtin</c> in the document has become the image made on the node.</summary>
    public required string SandboxImage { get; init; }
    public IReadOnlyList<RegistrySpec> Registries { get; init; } = [];

    /// <summary>containerd's name of the snapshotter; null leaves what the runtime has.</summary>
    public string? Snapshotter { get; init; }

    /// <summary>Absolute path of the CRI socket, without <c>unix://</c>.</summary>
    public required string Socket { get; init; }

    /// <summary>Absolute path of the runtime's configuration file.</summary>
    public required string ConfigFile { get; init; }

    /// <summary>Where the runtime keeps images and snapshots.</summary>
    public required string RootDirectory { get; init; }

    /// <summary>
    /// The places that the document leaves to a containerd of the distribution: where its file has others, they stay. A
    /// runtime of any other name has places of its own in any case.
    /// </summary>
    public RuntimePlaces Unnamed { get; init; }

    /// <summary>Where the runtime keeps what does not survive a reboot.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>
    /// Name of its service, without <c>.service</c>: <c>containerd</c> and <c>crio</c> as their packages have them,
    /// <c>holdfast-NAME</c> for every other runtime, so that its unit takes no other's place.
    /// </summary>
    public required string Service { get; init; }

    /// <summary>At least one; the first is the handler of pods that name none.</summary>
    public required IReadOnlyList<HandlerSpec> Handlers { get; init; }

    /// <summary>
    /// Whether this is the one containerd that other programs of the machine know (by its service, its socket and
    /// <c>/etc/containerd</c>), wherever its program comes from. A name decides: the runtime <c>containerd</c> of that kind.
    /// </summary>
    public bool IsSystemInstance => Kind == RuntimeKind.Containerd && Name == SystemInstanceName;

    /// <summary>The name that stands for the instance of the distribution's package.</summary>
    public const string SystemInstanceName = "containerd";
}

/// <summary>Places of a runtime.</summary>
[Flags]
public enum RuntimePlaces
{
    None = 0,
    Root = 1,
    State = 2,
    Socket = 4,
}

/// <summary>Which runtime.</summary>
public enum RuntimeKind
{
    Containerd,
    Crio,
}

/// <summary>Who manages control groups: what the document may say.</summary>
public enum CgroupDriverChoice
{
    Auto,
    Cgroupfs,
    Systemd,
}
