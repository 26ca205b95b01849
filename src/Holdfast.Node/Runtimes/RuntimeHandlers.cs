using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Cri.V1;

namespace Holdfast.Node.Runtimes;

/// <summary>Which handlers a runtime says that it has.</summary>
internal static class RuntimeHandlers
{
    /// <summary>
    /// containerd from 2.0 on and CRI-O from 1.30 on list them. Older versions of containerd show their configuration when
    /// they are asked to be verbose.
    /// </summary>
    /// <returns>Null when this runtime does not say.</returns>
    public static IReadOnlySet<string>? Read(StatusResponse status)
    {
        var handlers = status.RuntimeHandlers.Select(h => h.Name).Where(name => name.Length > 0).ToHashSet();
        if (status.Info.TryGetValue("config", out var config))
        {
            handlers.UnionWith(ReadConfig(config));
        }
        return handlers.Count == 0 ? null : handlers;
    }

    private static IEnumerable<string> ReadConfig(string json)
    {
        try
        {
            return JsonNode.Parse(json)?["containerd"]?["runtimes"] is JsonObject runtimes
                ? [.. runtimes.Select(runtime => runtime.Key)]
                : [];
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            // Whatever it is, it is not what containerd shows.
            return [];
        }
    }
}
