using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts.Checks;

/// <summary>Control groups: which version, and whether pods can be held to their limits. Pure.</summary>
internal static class CgroupChecks
{
    public static IEnumerable<PreflightFinding> Controllers(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (facts.MissingControllers.Count > 0)
        {
            yield return PreflightFinding.Error(
                FindingId.CgroupControllers,
                $"the kernel has no cgroup controller {string.Join(", ", facts.MissingControllers)}",
                "add cgroup_enable=memory cgroup_memory=1 to the kernel's command line and reboot"
            );
        }
    }
}
