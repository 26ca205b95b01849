namespace Holdfast.Node.Spec;

/// <summary>One container runtime of the node, with all its places filled in. Immutable.</summary>
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

    /// <summary>Absolute path of the CRI socket, without <c>unix://</c>.</summary>
    public required string Socket { get; init; }

    /// <summary>Absolute path of the runtime's configuration file.</summary>
    public required string ConfigFile { get; init; }

    /// <summary>Where the runtime keeps images and snapshots.</summary>
    public required string RootDirectory { get; init; }

    /// <summary>Where the runtime keeps what does not survive a reboot.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Name of its service, without <c>.service</c>.</summary>
    public required string Service { get; init; }

    /// <summary>At least one; the first is the handler of pods that name none.</summary>
    public required IReadOnlyList<HandlerSpec> Handlers { get; init; }

    /// <summary>True for the runtime that the distribution's package configures and starts by itself.</summary>
    public bool IsSystemInstance => Name == SystemInstanceName;

    /// <summary>The name that stands for the instance of the distribution's package.</summary>
    public const string SystemInstanceName = "containerd";
}

/// <summary>Which runtime.</summary>
public enum RuntimeKind
{
    Containerd,
}

/// <summary>Who manages control groups: what the document may say.</summary>
public enum CgroupDriverChoice
{
    Auto,
    Cgroupfs,
    Systemd,
}

/// <summary>Where images of one registry are fetched. Immutable.</summary>
/// <param name="Host">Registry host as image names have it, for example <c>docker.io</c> or <c>localhost:5000</c>.</param>
/// <param name="Mirrors">http or https addresses, tried in order before the registry itself.</param>
public sealed record RegistrySpec(string Host, IReadOnlyList<Uri> Mirrors);

/// <summary>One way in which a runtime runs pods; RuntimeClass objects point at it by name. Immutable.</summary>
public sealed record HandlerSpec
{
    public required string Name { get; init; }
    public HandlerKind Kind { get; init; } = HandlerKind.Runc;

    /// <summary>containerd's name of the shim.</summary>
    public string RuntimeType { get; init; } = RuncRuntimeType;

    /// <summary>Options of the shim, passed through as written.</summary>
    public IReadOnlyDictionary<string, OptionValue> Options { get; init; } = new Dictionary<string, OptionValue>();

    /// <summary>The shim of runc since containerd 1.3; the only one that knows the option SystemdCgroup.</summary>
    public const string RuncRuntimeType = "io.containerd.runc.v2";
}

/// <summary>What stands behind a handler.</summary>
public enum HandlerKind
{
    /// <summary>runc, or a program that takes runc's command line, in namespaces and cgroups.</summary>
    Runc,

    /// <summary>Any other containerd shim that is on the machine already; Holdfast passes its type and options through.</summary>
    Shim,
}

/// <summary>A value of a handler's option. Immutable.</summary>
public abstract record OptionValue
{
    private OptionValue() { }

    /// <summary>A string.</summary>
    public sealed record Text(string Value) : OptionValue;

    /// <summary>A whole number.</summary>
    public sealed record Integer(long Value) : OptionValue;

    /// <summary>true or false.</summary>
    public sealed record Switch(bool Value) : OptionValue;

    /// <summary>A list of strings.</summary>
    public sealed record TextList(IReadOnlyList<string> Values) : OptionValue;
}
