using System.Text.Json.Nodes;
using YamlDotNet.Core;

namespace Holdfast.Kube;

/// <summary>YAML as Kubernetes reads manifests: into JSON, so that one model serves both. Pure and thread-safe.</summary>
public static class KubeYaml
{
    /// <summary>Every document of a stream; empty ones (also those of only comments) are left out.</summary>
    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/>, with line and column.</exception>
    public static IReadOnlyList<JsonNode> ParseDocuments(string text)
    {
        var reader = new YamlReader(text);
        try
        {
            return reader.Documents();
        }
        catch (YamlException e)
        {
            throw Malformed(e.Start, e.Message);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException)
        {
            // YamlDotNet 16.3 lets some of its own exceptions out on broken text (a ':' where a flow mapping is cut off).
            throw Malformed(reader.LastMark, e.Message);
        }
    }

    internal static KubeException Malformed(Mark mark, string problem) =>
        new(KubeReason.Malformed, $"cannot read YAML: line {mark.Line}, column {mark.Column}: {problem}")
        {
            Line = (int)mark.Line,
            Column = (int)mark.Column,
        };
}
