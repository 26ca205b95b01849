using Holdfast.Document;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>What a cluster's own programs expect of the machine.</summary>
internal static class ClusterChecks
{
    /// <summary>kubeadm, yurtadm and keadm all hand the agent over to systemd.</summary>
    public static PreflightFinding? Init(MachineSurvey survey, EdgeNodeSpec spec) =>
        spec.Cluster.IsStandalone || survey.Facts.IsSystemd
            ? null
            : Error(
                $"PID 1 is not systemd, and {spec.Cluster.AgentService} of a {spec.Cluster.Kind} cluster is a service of systemd",
                "use a machine with systemd, or cluster: { standalone: {} }"
            );

    /// <summary>The agent would be wanted still and the join with it; only what it talks through would be taken back.</summary>
    public static PreflightFinding? JoinedOtherwise(MachineSurvey survey, EdgeNodeSpec spec) =>
        spec.Cluster is KubernetesCluster or OpenYurtCluster { Join: not null, JoinBy: YurtJoinTool.Kubeadm }
        && survey.StartedAgents.Contains("yurthub")
            ? Error(
                "this node joined its cluster with yurtadm, and the kubelet talks to it through yurthub, which the document does not want",
                "keep openyurt in spec.cluster, or take the node out first: sudo holdfast down"
            )
            : null;
}
