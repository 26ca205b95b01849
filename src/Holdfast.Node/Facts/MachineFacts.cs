using Holdfast.Linux;

namespace Holdfast.Node.Facts;

/// <summary>What components decide on: read once, before the plan. Safe from any thread.</summary>
public sealed partial record MachineFacts
{
    /// <summary>Where Debian's package puts the CNI plugins.</summary>
    public const string PackagedCniDirectory = "/usr/lib/cni";

    /// <summary>As Kubernetes names it: <c>amd64</c>, <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>See <see cref="OsRelease.Release"/>.</summary>
    public string Release { get; init; } = OsRelease.Unknown.Release;

    public required CgroupMode Cgroups { get; init; }

    /// <summary>Whether PID 1 is systemd, not merely whether systemctl is installed.</summary>
    public required bool IsSystemd { get; init; }

    /// <summary>What any process of this machine, however privileged, can have; all where the kernel does not say.</summary>
    public Capabilities CapabilityBounds { get; init; } = Capabilities.All;

    /// <summary>Without it runc cannot lower oom_score_adj, and containerd needs <c>restrict_oom_score_adj = true</c>.</summary>
    public bool HasSysResource => CapabilityBounds.Has(Capability.SysResource);

    /// <summary>Units of systemd that would bring swap back, masked or not; empty where PID 1 is not systemd.</summary>
    public IReadOnlyList<string> SwapUnits { get; init; } = [];

    /// <summary>Files of kernel parameters, Holdfast's among them.</summary>
    public SysctlFiles SysctlFiles { get; init; } = SysctlFiles.None;

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

    /// <summary>Whether images can be copied into the storage of CRI-O.</summary>
    public bool HasSkopeo { get; init; }

    /// <summary>Where the CNI plugins are or, when none are installed, where the package will put them.</summary>
    public required string CniPluginDirectory { get; init; }

    public bool HasCniPlugins { get; init; }

    /// <summary>Those that the network needs and that are there.</summary>
    public IReadOnlyList<CniPlugin> CniPlugins { get; init; } = [];

    /// <summary>Whether the program is there by which plugins masquerade and map ports.</summary>
    public bool HasIptables { get; init; }

    /// <summary>Whether packages come from apt.</summary>
    public bool HasApt { get; init; }

    /// <summary>What could not be read: the plan would rest on a guess.</summary>
    public IReadOnlyList<UnreadFact> Unread { get; init; } = [];
}
