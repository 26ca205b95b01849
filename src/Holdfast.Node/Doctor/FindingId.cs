using Holdfast.Node.Runtimes.Cni;

namespace Holdfast.Node.Doctor;

/// <summary>Names of the findings. Scripts and docs/troubleshooting.md use them: a name never changes its meaning.</summary>
public static class FindingId
{
    public const string NotRoot = "not-root";
    public const string Architecture = "architecture";
    public const string NotSystemd = "not-systemd";
    public const string Distribution = "distribution";
    public const string Container = "container";
    public const string OldKernel = "old-kernel";
    public const string KernelConfig = "kernel-config";
    public const string NoModules = "no-modules";
    public const string CgroupControllers = "cgroup-controllers";
    public const string CgroupHybrid = "cgroup-hybrid";
    public const string NoSysResource = "no-sys-resource";
    public const string NoCapability = "no-capability";
    public const string LowDisk = "low-disk";
    public const string LowInodes = "low-inodes";
    public const string LowMemory = "low-memory";
    public const string FileSystem = "file-system";
    public const string PortInUse = "port-in-use";
    public const string OtherAgent = "other-agent";
    public const string OtherAgentAtBoot = "other-agent-at-boot";
    public const string ClusterNeedsSystemd = "cluster-needs-systemd";
    public const string JoinedOtherwise = "joined-otherwise";
    public const string Docker = "docker";
    public const string Libvirt = "libvirt";
    public const string ClockNeverSet = "clock-never-set";
    public const string ClockNotKept = "clock-not-kept";
    public const string ClockNotYetSynchronised = "clock-not-yet-synchronised";
    public const string HostNameInvalid = "host-name-invalid";
    public const string HostNameChanges = "host-name-changes";
    public const string HostNameUnknown = "host-name-unknown";
    public const string NodeNameDiffers = "node-name-differs";
    public const string HostsConflict = "hosts-conflict";
    public const string HostsAddress = "hosts-address";
    public const string NoNameServer = "no-name-server";
    public const string SwapStays = "swap-stays";
    public const string SysctlOverridden = "sysctl-overridden";
    public const string CniMissing = "cni-missing";
    public const string CniIncomplete = "cni-incomplete";
    public const string CniBroken = "cni-broken";
    public const string CniVersions = "cni-versions";
    public const string NoIptables = "no-iptables";
    public const string CniEarlierNetwork = "cni-earlier-network";
    public const string CniNetworkConflict = "cni-network-conflict";
    public const string SubnetInUse = "subnet-in-use";
    public const string BridgeNotABridge = "bridge-not-a-bridge";
    public const string BridgeForeign = "bridge-foreign";
    public const string BridgeOldAddress = "bridge-old-address";
    public const string Kvm = "kvm";
    public const string CpuFlags = "cpu-flags";
    public const string VmModules = "vm-modules";
    public const string NoVsock = "no-vsock";
    public const string NestedVirtualization = "nested-virtualization";
    public const string RuntimeMissing = "runtime-missing";
    public const string NoApt = "no-apt";
    public const string NoBundle = "no-bundle";
}
