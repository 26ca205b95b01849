using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>YAML as Kubernetes reads manifests: into JSON, so that one model serves both. Thread-safe.</summary>
public static class KubeYaml
{
    /// <summary>Every document of a stream; empty ones (also those of only comments) are left out.</summary>
    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/>, with line and column.</exception>
    public static IReadOnlyList<JsonNode> ParseDocuments(string text) =>
        [.. YamlStream.Require(text, YamlBounds.Manifests).Select(ToJson).OfType<JsonNode>()];

    /// <summary>What a node means to kubectl, the kubelet and edgecore; null for YAML's null.</summary>
    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/>, with line and column.</exception>
    public static JsonNode? ToJson(YamlNode node) => YamlJson.Of(node);
}
