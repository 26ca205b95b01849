using Holdfast.Document;
using Holdfast.Node.Doctor.Checks;

namespace Holdfast.Node.Doctor;

/// <summary>Says what would go wrong on this machine before anything is changed.</summary>
public static class Preflight
{
    private const string CheckFailed = "check-failed";

    /// <summary>Scripts and docs/troubleshooting.md use the names: a name never changes its meaning.</summary>
    private static readonly IReadOnlyList<MachineCheck> Checks =
    [
        new("fact-unread", PlatformChecks.Unread),
        new("not-root", PlatformChecks.Root),
        new("architecture", PlatformChecks.Architecture),
        new("distribution", PlatformChecks.Distribution),
        new("not-systemd", PlatformChecks.Init),
        new("container", PlatformChecks.InContainer),
        new("old-kernel", KernelChecks.Release),
        new("kernel-config", KernelChecks.Config),
        new("no-modules", KernelChecks.Modules),
        new("cgroup-controllers", CgroupChecks.Controllers),
        new("cgroup-hybrid", CgroupChecks.Hybrid),
        new("cgroup-version", CgroupChecks.VersionOneInCluster),
        new("no-capability", CapabilityChecks.ForContainers),
        new("no-sys-resource", CapabilityChecks.SysResource),
        new("low-disk", CapacityChecks.Disk),
        new("low-inodes", CapacityChecks.Inodes),
        new("low-memory", CapacityChecks.Memory),
        new("file-system", CapacityChecks.FileSystem),
        new("clock-never-set", ClockChecks.NeverSet),
        new("clock-not-kept", ClockChecks.NotKept),
        new("clock-not-yet-synchronised", ClockChecks.NotYetSynchronised),
        new("host-name-invalid", NameChecks.InvalidHostName),
        new("host-name-changes", NameChecks.ChangingHostName),
        new("node-name-differs", NameChecks.NodeName),
        new("host-name-unknown", NameChecks.OwnNameResolves),
        new("no-name-server", NameChecks.NameServers),
        new("hosts-conflict", NameChecks.OtherAddresses),
        new("hosts-address", NameChecks.OtherNames),
        new("swap-stays", HostChecks.Swap),
        new("sysctl-overridden", HostChecks.LaterSysctl),
        new("port-in-use", PortChecks.Check),
        new("docker", AgentChecks.Docker),
        new("other-agent", AgentChecks.Running),
        new("other-agent-at-boot", AgentChecks.AtBoot),
        new("libvirt", AgentChecks.LibvirtBesideVirtualMachines),
        new("cluster-needs-systemd", ClusterChecks.Init),
        new("joined-otherwise", ClusterChecks.JoinedOtherwise),
        new("cni-missing", CniChecks.Plugins),
        new("cni-incomplete", CniChecks.MissingPlugins),
        new("cni-broken", CniChecks.BrokenPlugins),
        new("cni-versions", CniChecks.Versions),
        new("no-iptables", CniChecks.Iptables),
        new("cni-earlier-network", CniChecks.EarlierNetwork),
        new("cni-network-conflict", CniChecks.OtherNetworks),
        new("subnet-chosen", PodSubnets.CheckChoice),
        new("subnet-in-use", BridgeChecks.SubnetInUse),
        new("bridge-not-a-bridge", BridgeChecks.NotABridge),
        new("bridge-foreign", BridgeChecks.OfAnother),
        new("bridge-old-address", BridgeChecks.OldAddress),
        new("runtime-missing", RuntimeChecks.Missing),
        new("no-apt", RuntimeChecks.NoApt),
        new("runtime-broken", RuntimeChecks.Broken),
        new("no-bundle", RuntimeChecks.NoBundle),
        new("kvm", VirtualizationChecks.Kvm),
        new("cpu-flags", VirtualizationChecks.Processor),
        new("vm-modules", VirtualizationChecks.Modules),
        new("no-vsock", VirtualizationChecks.Vsock),
        new("nested-virtualization", VirtualizationChecks.Nested),
    ];

    /// <summary>The names of all findings.</summary>
    internal static IEnumerable<string> Ids => Checks.Select(check => check.Id).Append(CheckFailed);

    public static IReadOnlyList<PreflightFinding> Check(MachineSurvey survey, EdgeNodeSpec spec) =>
        [.. Checks.SelectMany(check => Run(check, survey, spec))];

    /// <summary>A check that fails is a defect of Holdfast, and a finding: the others go on, and so does every verb.</summary>
    internal static IReadOnlyList<PreflightFinding> Run(MachineCheck check, MachineSurvey survey, EdgeNodeSpec spec)
    {
        try
        {
            return [.. check.Find(survey, spec).Select(finding => finding with { Id = check.Id })];
        }
        catch (Exception failure)
        {
            var finding = PreflightFinding.Warning(
                $"the check \"{check.Id}\" failed: {failure.Message} ({failure.GetType().Name})",
                "report it with the output of: holdfast check -o json; look at this subject yourself"
            );
            return [finding with { Id = CheckFailed }];
        }
    }
}

/// <summary>Looks at one subject, from survey and document alone.</summary>
/// <param name="Id">What its findings are called.</param>
internal sealed record MachineCheck(string Id, Func<MachineSurvey, EdgeNodeSpec, IEnumerable<PreflightFinding>> Find)
{
    /// <summary>One that finds one thing at most.</summary>
    public MachineCheck(string id, Func<MachineSurvey, EdgeNodeSpec, PreflightFinding?> find)
        : this(id, (survey, spec) => find(survey, spec) is { } finding ? [finding] : []) { }
}
