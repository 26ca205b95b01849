using Holdfast.Document;
using Holdfast.Node.Doctor.Checks;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Doctor;

/// <summary>Says what would go wrong on this machine before anything is changed. Stateless.</summary>
public static class Preflight
{
    /// <summary>Each looks at one subject, from the facts and the document alone.</summary>
    private static readonly IReadOnlyList<MachineCheck> Table =
    [
        PlatformChecks.Root,
        PlatformChecks.Architecture,
        PlatformChecks.Distribution,
        PlatformChecks.Init,
        PlatformChecks.InContainer,
        KernelChecks.Release,
        KernelChecks.Config,
        KernelChecks.Modules,
        CgroupChecks.Controllers,
        CgroupChecks.Hybrid,
        CapabilityChecks.ForContainers,
        CapabilityChecks.SysResource,
        CapacityChecks.Disk,
        CapacityChecks.Inodes,
        CapacityChecks.Memory,
        CapacityChecks.FileSystem,
        ClockChecks.Check,
        NameChecks.HostName,
        NameChecks.NodeName,
        NameChecks.OwnNameResolves,
        NameChecks.NameServers,
        NameChecks.ForeignHosts,
        HostChecks.Swap,
        HostChecks.LaterSysctl,
        PortChecks.Check,
        AgentChecks.Running,
        AgentChecks.AtBoot,
        AgentChecks.LibvirtBesideVirtualMachines,
        ClusterChecks.Init,
        ClusterChecks.JoinedOtherwise,
        CniChecks.Plugins,
        CniChecks.Versions,
        CniChecks.Iptables,
        CniChecks.EarlierNetworks,
        CniChecks.OtherNetworks,
        CniChecks.Routes,
        CniChecks.Bridge,
        RuntimeChecks.Source,
        BundleChecks.Source,
        VirtualizationChecks.Kvm,
        VirtualizationChecks.Processor,
        VirtualizationChecks.Modules,
        VirtualizationChecks.Nested,
    ];

    public static IReadOnlyList<PreflightFinding> Check(MachineFacts facts, EdgeNodeSpec spec) =>
        [.. Table.SelectMany(check => check(facts, spec))];
}

/// <summary>Finds nothing, or says what is wrong with one subject. Pure.</summary>
internal delegate IEnumerable<PreflightFinding> MachineCheck(MachineFacts facts, EdgeNodeSpec spec);
