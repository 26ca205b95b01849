using Holdfast.Document;
using Holdfast.Linux;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Capabilities that this machine's root can never have: containers in containers, some hosters.</summary>
internal static class CapabilityChecks
{
    private static readonly (Capability Capability, string Name, string Purpose)[] Vital =
    [
        (Capability.SysAdmin, "CAP_SYS_ADMIN", "mount anything or make a container"),
        (Capability.NetAdmin, "CAP_NET_ADMIN", "connect a pod to the network"),
    ];

    public static PreflightFinding? SysResource(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Facts.HasSysResource
            ? null
            : Info(
                "the capability CAP_SYS_RESOURCE is missing on this machine",
                "nothing to do: containerd is configured so that it does not need it"
            );

    public static IEnumerable<PreflightFinding> ForContainers(MachineSurvey survey, EdgeNodeSpec spec) =>
        Vital
            .Where(vital => !survey.Facts.CapabilityBounds.Has(vital.Capability))
            .Select(vital =>
                Error(
                    $"the capability {vital.Name} is missing on this machine: not even root can {vital.Purpose}",
                    "grant it where this container or machine is defined"
                )
            );
}
