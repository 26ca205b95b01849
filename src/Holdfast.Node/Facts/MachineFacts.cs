using Holdfast.Linux;
using Holdfast.Node.Resources;
using Holdfast.Node.Runtimes.Containerd;

namespace Holdfast.Node.Facts;

/// <summary>What the machine is, read once and changed by nothing. Immutable, safe from any thread.</summary>
public sealed partial record MachineFacts
{
    /// <summary>Where Debian's package puts the CNI plugins.</summary>
    public const string PackagedCniDirectory = "/usr/lib/cni";

    /// <summary>The port on which the hub listens.</summary>
    public const int HubPort = 7443;

    /// <summary>Without these no runtime can hold a pod to its limits.</summary>
    internal static readonly string[] NeededControllers = ["cpu", "memory", "pids"];

    public required string HostName { get; init; }

    /// <summary>As people know it: <c>Debian GNU/Linux 12 (bookworm)</c>.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>As Kubernetes names it: <c>amd64</c>, <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    public required string KernelRelease { get; init; }

    /// <summary>The distribution's release, whose packages fit this machine: <c>debian 12</c>; from ID and VERSION_ID.</summary>
    public string Release { get; init; } = "unknown";

    /// <summary>Words by which the distribution calls itself and its kin: <c>debian</c>, <c>ubuntu</c>; from ID and ID_LIKE.</summary>
    public IReadOnlyList<string> Distributions { get; init; } = [];

    public KernelFacts Kernel { get; init; } = KernelFacts.Unknown;

    public VirtualizationFacts Virtualization { get; init; } = new();

    /// <summary>What this machine is a container of (<c>systemd-nspawn</c>, <c>docker</c>); null when it is none.</summary>
    public string? Container { get; init; }

    /// <summary>Null when it was not looked at.</summary>
    public ClockFacts? Clock { get; init; }

    public NameFacts Names { get; init; } = new();

    /// <summary>Files of kernel parameters, ours among them.</summary>
    public SysctlFiles SysctlFiles { get; init; } = SysctlFiles.None;

    public HostNetworkFacts HostNetwork { get; init; } = new();

    public required CgroupMode Cgroups { get; init; }

    /// <summary>Controllers that pods need and this kernel does not have, for example <c>memory</c>.</summary>
    public IReadOnlyList<string> MissingControllers { get; init; } = [];

    /// <summary>Whether PID 1 is systemd, not merely whether systemctl is installed.</summary>
    public required bool IsSystemd { get; init; }

    /// <summary>What any process of this machine, however privileged, can have; all where the kernel does not say.</summary>
    public Capabilities CapabilityBounds { get; init; } = Capabilities.All;

    /// <summary>Without it runc cannot lower oom_score_adj, and containerd needs <c>restrict_oom_score_adj = true</c>.</summary>
    public bool HasSysResource => CapabilityBounds.Has(Capability.SysResource);

    /// <summary>Devices and files that are swapped to at the moment.</summary>
    public IReadOnlyList<string> ActiveSwap { get; init; } = [];

    /// <summary>Units of systemd that would bring swap back, masked or not; empty where PID 1 is not systemd.</summary>
    public IReadOnlyList<string> SwapUnits { get; init; } = [];

    /// <summary>For example <c>1.6.20</c>; null when containerd is not installed or could not be asked.</summary>
    public string? ContainerdVersion { get; init; }

    /// <summary>Why a containerd that is installed could not be asked for its version; null when it could.</summary>
    public string? ContainerdProblem { get; init; }

    /// <summary>Path of the containerd that a shell would start; null when there is none.</summary>
    public string? ContainerdProgram { get; init; }

    /// <summary>
    /// Path of a runc that stays whatever becomes of containerd's archive, which may have brought another; null when there is
    /// none.
    /// </summary>
    public string? RuncProgram { get; init; }

    /// <summary>Whether CRI-O is installed where its packages put it.</summary>
    public bool HasCrio { get; init; }

    /// <summary>Whether images can be copied into the storage of CRI-O.</summary>
    public bool HasSkopeo { get; init; }

    /// <summary>Where the CNI plugins are or, when none are installed, where the package will put them.</summary>
    public required string CniPluginDirectory { get; init; }

    public bool HasCniPlugins { get; init; }

    /// <summary>Whether the program is there by which plugins masquerade and map ports.</summary>
    public bool HasIptables { get; init; }

    /// <summary>Those that the network needs and that are there.</summary>
    public IReadOnlyList<CniPlugin> CniPlugins { get; init; } = [];

    /// <summary>What lies in <c>/etc/cni/net.d</c>, ours included, in the order in which runtimes would take it.</summary>
    public IReadOnlyList<CniNetwork> CniNetworks { get; init; } = [];

    public required int ProcessorCount { get; init; }

    /// <summary>Bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes free for root below <c>/var/lib</c>.</summary>
    public required long FreeDiskBytes { get; init; }

    /// <summary>Files that can still be made below <c>/var/lib</c>; null where the file system sets no limit.</summary>
    public long? FreeInodes { get; init; }

    /// <summary>Type of the file system that <c>/var/lib</c> is in, for example <c>ext4</c>; null when it cannot be told.</summary>
    public string? FileSystem { get; init; }

    public bool IsRoot { get; init; }

    /// <summary>Who listens on those of <see cref="Checks.PortChecks.Interesting"/> that are taken.</summary>
    public IReadOnlyDictionary<int, string> PortOwners { get; init; } = new Dictionary<int, string>();

    /// <summary>Other node agents and engines that run here: <c>kubelet</c>, <c>edgecore</c>, <c>k3s</c>, <c>dockerd</c>...</summary>
    public IReadOnlyList<string> OtherAgents { get; init; } = [];

    /// <summary>Those that do not run now but whose service starts at boot.</summary>
    public IReadOnlyList<string> AgentsAtBoot { get; init; } = [];

    /// <summary>Services of such programs that run only because Holdfast made this machine join: undo stops them.</summary>
    public IReadOnlyList<string> BroughtAgents { get; init; } = [];

    /// <summary>Whether packages come from apt.</summary>
    public bool HasApt { get; init; }

    /// <summary>Programs that decompress archives and are installed: <c>xz</c>, <c>zstd</c>.</summary>
    public IReadOnlyList<string> Decompressors { get; init; } = [];
}
