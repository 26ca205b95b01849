using Holdfast.Linux;

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

    public required CgroupMode Cgroups { get; init; }

    /// <summary>Controllers that pods need and this kernel does not have, for example <c>memory</c>.</summary>
    public IReadOnlyList<string> MissingControllers { get; init; } = [];

    /// <summary>Whether PID 1 is systemd, not merely whether systemctl is installed.</summary>
    public required bool IsSystemd { get; init; }

    /// <summary>Bits of CapBnd: what any process of this machine, however privileged, can have.</summary>
    public required ulong CapabilityBounds { get; init; }

    /// <summary>Without it runc cannot lower oom_score_adj, and containerd needs <c>restrict_oom_score_adj = true</c>.</summary>
    public bool HasSysResource => (CapabilityBounds & (1UL << 24)) != 0;

    /// <summary>Devices and files that are swapped to at the moment.</summary>
    public IReadOnlyList<string> ActiveSwap { get; init; } = [];

    /// <summary>For example <c>1.6.20</c>; null when containerd is not installed.</summary>
    public string? ContainerdVersion { get; init; }

    /// <summary>Where the CNI plugins are or, when none are installed, where the package will put them.</summary>
    public required string CniPluginDirectory { get; init; }

    public bool HasCniPlugins { get; init; }

    /// <summary>Files in <c>/etc/cni/net.d</c> that runtimes take before ours.</summary>
    public IReadOnlyList<string> OtherCniNetworks { get; init; } = [];

    public required int ProcessorCount { get; init; }

    /// <summary>Bytes.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes free for root below <c>/var/lib</c>.</summary>
    public required long FreeDiskBytes { get; init; }

    public bool IsRoot { get; init; }

    /// <summary>What listens on the hub's port already, as far as it can be told; null when the port is free.</summary>
    public string? HubPortOwner { get; init; }

    /// <summary>Other node agents and engines that run here: <c>kubelet</c>, <c>edgecore</c>, <c>k3s</c>, <c>dockerd</c>...</summary>
    public IReadOnlyList<string> OtherAgents { get; init; } = [];

    /// <summary>Whether packages come from apt.</summary>
    public bool HasApt { get; init; }
}
