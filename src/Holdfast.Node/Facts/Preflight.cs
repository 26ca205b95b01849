using Holdfast.Node.Facts.Checks;
using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts;

/// <summary>Says what would go wrong on this machine before anything is changed. Stateless.</summary>
public static class Preflight
{
    /// <summary>Each looks at one subject, from the facts and the document alone.</summary>
    private static readonly IReadOnlyList<MachineCheck> Table =
    [
        PlatformChecks.Root,
        PlatformChecks.Architecture,
        PlatformChecks.Init,
        CgroupChecks.Controllers,
        CapabilityChecks.SysResource,
        CapacityChecks.Disk,
        CapacityChecks.Memory,
        PortChecks.Check,
        AgentChecks.Running,
        CniChecks.Plugins,
        CniChecks.EarlierNetworks,
        RuntimeChecks.Source,
    ];

    public static IReadOnlyList<PreflightFinding> Check(MachineFacts facts, EdgeNodeSpec spec) =>
        [.. Table.SelectMany(check => check(facts, spec))];
}

/// <summary>Finds nothing, or says what is wrong with one subject. Pure.</summary>
internal delegate IEnumerable<PreflightFinding> MachineCheck(MachineFacts facts, EdgeNodeSpec spec);
