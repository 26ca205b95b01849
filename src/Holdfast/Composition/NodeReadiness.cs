using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Composition;

/// <summary>Whether the node is Ready, as its own API says. Immutable.</summary>
/// <param name="Reason">Why not; empty when it is.</param>
/// <param name="Version">The runtime the node reports: <c>containerd://1.6.20</c>.</param>
internal sealed record NodeReadiness(bool IsReady, string Reason, string Version)
{
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
