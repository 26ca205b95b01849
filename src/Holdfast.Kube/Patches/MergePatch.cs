using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>JSON Merge Patch (RFC 7386): objects merge, null removes, everything else replaces. Pure: neither argument is changed.</summary>
public static class MergePatch
{
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        var result = target is JsonObject ? (JsonObject)target.DeepClone() : [];
        Merge(result, changes);
        return result;
    }

    private static void Merge(JsonObject target, JsonObject changes)
    {
        foreach (var (key, change) in changes)
            if (change is null)
                target.Remove(key);
            else if (change is JsonObject nested)
            {
                if (target[key] is not JsonObject inner)
                {
                    inner = [];
                    target[key] = inner;
                }
                Merge(inner, nested);
            }
            else
                target[key] = change.DeepClone();
    }
}
