using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Composition;

/// <summary>Whether the node is Ready, as its own API says. Immutable.</summary>
/// <param name="Reason">Why not; empty when it is.</param>
/// <param name="Version">The runtime the node reports: <c>containerd://1.6.20</c>.</param>
internal sealed record NodeReadiness(bool IsReady, string Reason, string Version)
{
    /// <summary>As the node's own API says; of a node of a cluster, as its services are.</summary>
    public static Task<NodeReadiness> WaitAsync(
        NodeContext node,
        TimeSpan limit,
        CancellationToken cancellationToken
    ) =>
        node.Document.Spec.Cluster.IsStandalone
            ? WaitAsync(node.Paths, node.Document.Spec.Name, limit, cancellationToken)
            : OfClusterAsync(node, cancellationToken);

    public static async Task<NodeReadiness> WaitAsync(
        NodePaths paths,
        string nodeName,
        TimeSpan limit,
        CancellationToken cancellationToken
    )
    {
        using var hub = new HubClient(paths);
        var last = new NodeReadiness(IsReady: false, "the daemon does not answer", "");
        await hub.WaitAsync(
            $"api/v1/nodes/{nodeName}",
            node =>
            {
                last = Read(node);
                return last.IsReady;
            },
            limit,
            cancellationToken
        );
        return last;
    }

    /// <summary>
    /// Of a node whose pods belong to kubelet or edgecore: its services run. Whether the cluster thinks so too is for the
    /// cluster to say.
    /// </summary>
    private static async Task<NodeReadiness> OfClusterAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var spec = node.Document.Spec;
        var agent = spec.Cluster.AgentService!;
        foreach (var service in spec.Runtimes.Select(runtime => runtime.Service).Append(agent))
        {
            var status = await node.Machine.Services.StatusAsync(service, cancellationToken);
            if (!status.IsRunning)
            {
                return new NodeReadiness(IsReady: false, $"the service {service} does not run", "");
            }
        }

        return new NodeReadiness(IsReady: true, "", $"{agent} runs its pods");
    }

    private static NodeReadiness Read(JsonNode node)
    {
        var version = (string?)node["status"]?["nodeInfo"]?["containerRuntimeVersion"] ?? "";
        var conditions = node["status"]?["conditions"] as JsonArray;
        var ready = conditions?.FirstOrDefault(condition => (string?)condition?["type"] == "Ready");
        return ready is null
            ? new NodeReadiness(IsReady: false, "it has not reported yet", version)
            : new NodeReadiness((string?)ready["status"] == "True", (string?)ready["message"] ?? "", version);
    }
}
