using Holdfast.Document;
using Holdfast.Node.Doctor.Checks;

namespace Holdfast.Node.Doctor;

/// <summary>Says what would go wrong on this machine before anything is changed.</summary>
public static class Preflight
{
    /// <summary>Each looks at one subject, from the survey and the document alone.</summary>
    private static readonly IReadOnlyList<(string Subject, MachineCheck Check)> Table =
    [
        ("what could not be read", PlatformChecks.Unread),
        ("root", PlatformChecks.Root),
        ("architecture", PlatformChecks.Architecture),
        ("distribution", PlatformChecks.Distribution),
        ("init", PlatformChecks.Init),
        ("container", PlatformChecks.InContainer),
        ("kernel release", KernelChecks.Release),
        ("kernel configuration", KernelChecks.Config),
        ("kernel modules", KernelChecks.Modules),
        ("cgroup controllers", CgroupChecks.Controllers),
        ("cgroup mode", CgroupChecks.Hybrid),
        ("cgroup version of a cluster", CgroupChecks.VersionOneInCluster),
        ("capabilities", CapabilityChecks.ForContainers),
        ("CAP_SYS_RESOURCE", CapabilityChecks.SysResource),
        ("disk", CapacityChecks.Disk),
        ("inodes", CapacityChecks.Inodes),
        ("memory", CapacityChecks.Memory),
        ("file system", CapacityChecks.FileSystem),
        ("clock", ClockChecks.Check),
        ("host name", NameChecks.HostName),
        ("node name", NameChecks.NodeName),
        ("address of the host name", NameChecks.OwnNameResolves),
        ("name servers", NameChecks.NameServers),
        ("/etc/hosts", NameChecks.ForeignHosts),
        ("swap", HostChecks.Swap),
        ("kernel parameters", HostChecks.LaterSysctl),
        ("ports", PortChecks.Check),
        ("other agents", AgentChecks.Running),
        ("agents at boot", AgentChecks.AtBoot),
        ("libvirt", AgentChecks.LibvirtBesideVirtualMachines),
        ("init for a cluster", ClusterChecks.Init),
        ("cluster joined before", ClusterChecks.JoinedOtherwise),
        ("CNI plugins", CniChecks.Plugins),
        ("CNI versions", CniChecks.Versions),
        ("iptables", CniChecks.Iptables),
        ("earlier CNI networks", CniChecks.EarlierNetworks),
        ("other CNI networks", CniChecks.OtherNetworks),
        ("pod subnet", CniChecks.Routes),
        ("bridge", CniChecks.Bridge),
        ("runtime sources", RuntimeChecks.Source),
        ("runtime programs", RuntimeChecks.Program),
        ("bundle", BundleChecks.Source),
        ("KVM", VirtualizationChecks.Kvm),
        ("processor", VirtualizationChecks.Processor),
        ("modules of virtual machines", VirtualizationChecks.Modules),
        ("nested virtualization", VirtualizationChecks.Nested),
    ];

    public static IReadOnlyList<PreflightFinding> Check(MachineSurvey survey, EdgeNodeSpec spec) =>
        [.. Table.SelectMany(row => Run(row.Subject, row.Check, survey, spec))];

    /// <summary>A check that fails is a defect of Holdfast, and a finding: the others go on, and so does every verb.</summary>
    internal static IReadOnlyList<PreflightFinding> Run(
        string subject,
        MachineCheck check,
        MachineSurvey survey,
        EdgeNodeSpec spec
    )
    {
        try
        {
            return [.. check(survey, spec)];
        }
        catch (Exception failure)
        {
            return
            [
                PreflightFinding.Warning(
                    FindingId.CheckFailed,
                    $"check \"{subject}\" could not look: {failure.Message} ({failure.GetType().Name})",
                    "report it with the output of: holdfast check -o json; look at this subject yourself"
                ),
            ];
        }
    }
}

/// <summary>Finds nothing, or says what is wrong with one subject, from survey and document alone.</summary>
internal delegate IEnumerable<PreflightFinding> MachineCheck(MachineSurvey survey, EdgeNodeSpec spec);
