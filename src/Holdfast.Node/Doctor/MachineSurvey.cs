using Holdfast.Node.Facts;

namespace Holdfast.Node.Doctor;

/// <summary>What the checks look at: the facts of the components, and what only a person wants to know. Safe from any thread.</summary>
public sealed partial record MachineSurvey
{
    public required MachineFacts Facts { get; init; }

    public string HostName { get; init; } = "localhost";

    public OsRelease System { get; init; } = OsRelease.Unknown;

    public string KernelRelease { get; init; } = "unknown";

    public KernelFacts Kernel { get; init; } = KernelFacts.Unknown;

    public VirtualizationFacts Virtualization { get; init; } = new();

    /// <summary>What this machine is a container of (<c>systemd-nspawn</c>, <c>docker</c>); null when it is none.</summary>
    public string? Container { get; init; }

    /// <summary>Null when it was not looked at.</summary>
    public ClockFacts? Clock { get; init; }

    public NameFacts Names { get; init; } = new();

    public HostNetworkFacts HostNetwork { get; init; } = new();

    /// <summary>Controllers that pods need and this kernel does not have, for example <c>memory</c>.</summary>
    public IReadOnlyList<string> MissingControllers { get; init; } = [];

    /// <summary>Devices and files that are swapped to at the moment.</summary>
    public IReadOnlyList<string> ActiveSwap { get; init; } = [];

    /// <summary>Whether CRI-O is installed where its packages put it.</summary>
    public bool HasCrio { get; init; }

    /// <summary>What lies in <c>/etc/cni/net.d</c>, Holdfast's included, in the order in which runtimes would take it.</summary>
    public IReadOnlyList<CniNetwork> CniNetworks { get; init; } = [];

    public int ProcessorCount { get; init; }

    /// <summary>Bytes; 0 when it cannot be told.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Bytes free for root below <c>/var/lib</c>; null when it cannot be told.</summary>
    public long? FreeDiskBytes { get; init; }

    /// <summary>Files that can still be made below <c>/var/lib</c>; null where the file system sets no limit.</summary>
    public long? FreeInodes { get; init; }

    /// <summary>Type of the file system that <c>/var/lib</c> is in, for example <c>ext4</c>; null when it cannot be told.</summary>
    public string? FileSystem { get; init; }

    public bool IsRoot { get; init; }

    /// <summary>The programs that listen on those of <see cref="Checks.PortChecks.Interesting"/> that are taken.</summary>
    public IReadOnlyDictionary<int, string> PortOwners { get; init; } = new Dictionary<int, string>();

    /// <summary>Other node agents and engines that run here: <c>kubelet</c>, <c>edgecore</c>, <c>k3s</c>, <c>dockerd</c>...</summary>
    public IReadOnlyList<string> OtherAgents { get; init; } = [];

    /// <summary>Those that do not run now but whose service starts at boot.</summary>
    public IReadOnlyList<string> AgentsAtBoot { get; init; } = [];

    /// <summary>Services of such programs that run only because Holdfast made this machine join: undo stops them.</summary>
    public IReadOnlyList<string> StartedAgents { get; init; } = [];

    /// <summary>What could not be read beside <see cref="MachineFacts.Unread"/>: checks rest on its default.</summary>
    public IReadOnlyList<UnreadFact> Unread { get; init; } = [];
}
