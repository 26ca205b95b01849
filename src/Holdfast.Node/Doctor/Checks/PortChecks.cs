using Holdfast.Document;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Ports that the node needs and another program has.</summary>
internal static class PortChecks
{
    /// <summary>The port of this node's API.</summary>
    public const int HubPort = 7443;

    /// <summary>Who may have a port, by the beginning of the process name, and what it is there for.</summary>
    private static readonly (int Port, string[] Owners, string Purpose)[] Kubelet =
    [
        (10250, ["kubelet"], "the kubelet"),
        (10248, ["kubelet"], "the kubelet's health"),
    ];

    private static readonly (int Port, string[] Owners, string Purpose)[] Standalone =
    [
        (HubPort, ["holdfast"], "this node's API"),
    ];

    private static readonly (int Port, string[] Owners, string Purpose)[] ControlPlane =
    [
        (6443, ["kube-apiserver", "haproxy"], "the API server"),
        (2379, ["etcd"], "etcd"),
        (2380, ["etcd"], "etcd"),
        (10257, ["kube-controller"], "the controller manager"),
        (10259, ["kube-scheduler"], "the scheduler"),
    ];

    private static readonly (int Port, string[] Owners, string Purpose)[] Yurthub =
    [
        (10261, ["yurthub"], "yurthub"),
        (10267, ["yurthub"], "yurthub's administration"),
        (10268, ["yurthub"], "yurthub over TLS"),
    ];

    private static readonly (int Port, string[] Owners, string Purpose)[] Edgecore =
    [
        (10350, ["edgecore"], "edgecore's pods and logs"),
        (10550, ["edgecore"], "edgecore's MetaServer"),
    ];

    /// <summary>All of them, whatever the document says.</summary>
    public static IReadOnlyCollection<int> Interesting { get; } =
    [.. new[] { Standalone, Kubelet, ControlPlane, Yurthub, Edgecore }.SelectMany(table => table).Select(p => p.Port)];

    public static IEnumerable<PreflightFinding> Check(MachineSurvey survey, EdgeNodeSpec spec) =>
        from port in Needed(spec.Cluster)
        where survey.PortOwners.ContainsKey(port.Port)
        let owner = survey.PortOwners[port.Port]
        where !port.Owners.Any(allowed => owner.StartsWith(allowed, StringComparison.Ordinal))
        select Error(
            $"port {port.Port}, which {port.Purpose} needs, is in use by {owner}",
            "stop that program, or give it another port"
        );

    private static IEnumerable<(int Port, string[] Owners, string Purpose)> Needed(ClusterSpec cluster) =>
        cluster switch
        {
            KubernetesCluster { Init: not null } => [.. Kubelet, .. ControlPlane],
            KubernetesCluster => Kubelet,
            OpenYurtCluster => [.. Kubelet, .. Yurthub],
            KubeEdgeCluster => Edgecore,
            _ => Standalone,
        };
}
