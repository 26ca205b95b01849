using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>
/// Kubernetes' strategic merge patch: like a merge patch, but lists that have a merge key merge element by element, and
/// directives ($patch, $retainKeys, $setElementOrder/LIST, $deleteFromPrimitiveList/LIST) say the rest.
/// Pure: works on a copy. Source of the behaviour: k8s.io/apimachinery/pkg/util/strategicpatch.
/// </summary>
public static class StrategicMergePatch
{
    internal const string Directive = "$patch";
    internal const string RetainKeys = "$retainKeys";
    internal const string SetOrderPrefix = "$setElementOrder/";
    internal const string DeletePrefix = "$deleteFromPrimitiveList/";

    /// <exception cref="KubeException"/>
    public static JsonNode Apply(JsonNode? target, JsonNode? patch, PatchSchema schema)
    {
        if (patch is not JsonObject changes)
            throw new KubeException(
                KubeReason.Malformed,
                "cannot read patch: a strategic merge patch must be an object"
            );
        var original = target switch
        {
            null => [],
            JsonObject o => (JsonObject)o.DeepClone(),
            _ => throw Invalid("the object to patch is no JSON object"),
        };
        return MergeObject(original, (JsonObject)changes.DeepClone(), schema);
    }

    /// <summary>Merges into <paramref name="original"/> and may return another object; both arguments are used up.</summary>
    internal static JsonObject MergeObject(JsonObject original, JsonObject patch, PatchSchema schema)
    {
        if (patch.TryGetPropertyValue(Directive, out var directive))
            return Text(directive) switch
            {
                "replace" => (JsonObject)PatchDirectives.Strip(patch)!,
                "delete" => [],
                _ => throw UnknownDirective(directive),
            };

        ApplyRetainKeys(original, patch);
        ApplySetElementOrder(original, patch, schema);
        foreach (var (key, change) in TakeAll(patch))
            MergeField(original, key, change, schema);
        return original;
    }

    private static void MergeField(JsonObject original, string key, JsonNode? change, PatchSchema schema)
    {
        if (key.StartsWith(DeletePrefix, StringComparison.Ordinal))
        {
            DeleteFromPrimitiveList(original, key[DeletePrefix.Length..], change);
            return;
        }
        if (change is null)
        {
            original.Remove(key);
            return;
        }

        var field = schema.Field(key);
        switch (original[key], change)
        {
            case (JsonObject current, JsonObject nested):
                var merged = MergeObject(current, nested, field.Fields);
                // A node has one parent, and setting a child that is already there would throw.
                if (merged.Parent is null)
                    original[key] = merged;
                break;
            case (_, JsonObject nested) when Text(nested[Directive]) == "delete":
                original.Remove(key);
                break;
            case (_, JsonObject nested):
                original[key] = MergeObject([], nested, field.Fields);
                break;
            case (JsonArray current, JsonArray list) when field.Merges:
                original[key] = StrategicListMerge.Merge(current, list, field, key);
                break;
            default:
                original[key] = PatchDirectives.Strip(change);
                break;
        }
    }

    private static void ApplyRetainKeys(JsonObject original, JsonObject patch)
    {
        if (!patch.Remove(RetainKeys, out var list))
            return;
        var retained = AsArray(list, RetainKeys).Select(Text).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, value) in patch)
            if (value is not null && !IsPrefixed(key) && !retained.Contains(key))
                throw Invalid($"{RetainKeys} does not name \"{key}\", which the patch sets");
        foreach (var key in original.Select(entry => entry.Key).Where(key => !retained.Contains(key)).ToList())
            original.Remove(key);
    }

    private static void ApplySetElementOrder(JsonObject original, JsonObject patch, PatchSchema schema)
    {
        foreach (var key in patch.Select(entry => entry.Key).Where(IsSetOrder).ToList())
        {
            patch.Remove(key, out var orderNode);
            var order = AsArray(orderNode, key);
            var listKey = key[SetOrderPrefix.Length..];
            var field = schema.Field(listKey);
            var current = original[listKey] as JsonArray;
            JsonArray? changes = null;
            if (patch.Remove(listKey, out var changesNode))
            {
                // null removes the list: an order of nothing is left.
                if (changesNode is null)
                    original.Remove(listKey);
                else
                    changes = AsArray(changesNode, listKey);
                if (changes is null)
                    continue;
            }
            if (current is null && changes is null)
                continue;
            StrategicListMerge.CheckOrder(changes, order, field, listKey);

            var before = (JsonArray?)current?.DeepClone() ?? [];
            var merged =
                changes is null ? (JsonArray)before.DeepClone()
                : current is not null && field.Merges ? StrategicListMerge.Merge(current, changes, field, listKey)
                : (JsonArray)PatchDirectives.Strip(changes)!;
            original[listKey] = StrategicListMerge.InOrder(merged, order, before, field, listKey);
        }
    }

    private static void DeleteFromPrimitiveList(JsonObject original, string key, JsonNode? change)
    {
        if (original[key] is not JsonArray list || change is null)
            return;
        var doomed = AsArray(change, DeletePrefix + key);
        for (var i = list.Count - 1; i >= 0; i--)
            if (doomed.Any(item => JsonNode.DeepEquals(item, list[i])))
                list.RemoveAt(i);
    }

    private static List<KeyValuePair<string, JsonNode?>> TakeAll(JsonObject o)
    {
        // Deletions come first, so that what one patch both deletes and adds is there afterwards.
        var entries = o.OrderBy(entry => entry.Key.StartsWith(DeletePrefix, StringComparison.Ordinal) ? 0 : 1).ToList();
        o.Clear();
        return entries;
    }

    private static bool IsSetOrder(string key) => key.StartsWith(SetOrderPrefix, StringComparison.Ordinal);

    private static bool IsPrefixed(string key) =>
        IsSetOrder(key) || key.StartsWith(DeletePrefix, StringComparison.Ordinal);

    internal static string Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    internal static JsonArray AsArray(JsonNode? node, string key) =>
        node as JsonArray ?? throw Invalid($"\"{key}\" must be a list");

    internal static KubeException UnknownDirective(JsonNode? directive) =>
        Invalid($"unknown {Directive} directive {directive?.ToJsonString() ?? "null"}");

    internal static KubeException Invalid(string problem) => new(KubeReason.Invalid, $"cannot apply patch: {problem}");
}
