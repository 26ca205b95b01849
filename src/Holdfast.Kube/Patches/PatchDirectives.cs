using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>Turns a piece of a strategic merge patch that has nothing to merge with into plain JSON.</summary>
internal static class PatchDirectives
{
    /// <summary>Without directives, without nulls in objects, without list elements that only delete. Uses up the argument.</summary>
    public static JsonNode? Strip(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (key, value) in o.ToList())
                {
                    o.Remove(key);
                    if (value is not null && !IsDirective(key))
                        o[key] = Strip(value);
                }
                return o;
            case JsonArray a:
                var items = a.ToList();
                a.Clear();
                foreach (var item in items)
                    if (!OnlyDirects(item))
                        a.Add(Strip(item));
                return a;
            default:
                return node;
        }
    }

    private static bool IsDirective(string key) =>
        key is StrategicMergePatch.Directive or StrategicMergePatch.RetainKeys
        || key.StartsWith(StrategicMergePatch.SetOrderPrefix, StringComparison.Ordinal)
        || key.StartsWith(StrategicMergePatch.DeletePrefix, StringComparison.Ordinal);

    private static bool OnlyDirects(JsonNode? item) =>
        item is JsonObject o
        && o.TryGetPropertyValue(StrategicMergePatch.Directive, out var directive)
        && (o.Count == 1 || StrategicMergePatch.Text(directive) == "delete");
}
