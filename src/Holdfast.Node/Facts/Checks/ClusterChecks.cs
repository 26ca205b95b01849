using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts.Checks;

/// <summary>What a cluster's own programs expect of the machine. Pure.</summary>
internal static class ClusterChecks
{
    /// <summary>kubeadm, yurtadm and keadm all hand the agent over to systemd.</summary>
    public static IEnumerable<PreflightFinding> Init(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (!spec.Cluster.IsStandalone && !facts.IsSystemd)
        {
            yield return PreflightFinding.Error(
                FindingId.ClusterNeedsSystemd,
                $"PID 1 is not systemd, and {spec.Cluster.AgentService} of a {spec.Cluster.Kind} cluster is a service of systemd",
                "use a machine with systemd, or cluster: { standalone: {} }"
            );
        }
    }
}
