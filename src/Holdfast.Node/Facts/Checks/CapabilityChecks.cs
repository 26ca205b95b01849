using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts.Checks;

/// <summary>Capabilities that this machine's root can never have: containers in containers, some hosters. Pure.</summary>
internal static class CapabilityChecks
{
    public static IEnumerable<PreflightFinding> SysResource(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (!facts.HasSysResource)
        {
            yield return PreflightFinding.Info(
                FindingId.NoSysResource,
                "the capability CAP_SYS_RESOURCE is missing on this machine",
                "nothing to do: containerd is configured so that it does not need it"
            );
        }
    }
}
