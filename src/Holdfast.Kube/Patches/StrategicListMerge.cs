using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>Lists of a strategic merge patch: element by element merging, and the order of the result.</summary>
internal static class StrategicListMerge
{
    /// <summary>Merges two lists into a new one. Both arguments are used up.</summary>
    public static JsonArray Merge(JsonArray original, JsonArray patch, PatchField field, string name)
    {
        if (original.Count == 0 && patch.Count == 0)
            return [];
        var before = Take(original);
        var changes = Take(patch);
        var isObjects = before.Concat(changes).Any(item => item is JsonObject);
        if (!isObjects)
            return ToArray(Arrange(Union(before, changes), changes, before, key: null));

        var key =
            field.MergeKey ?? throw StrategicMergePatch.Invalid($"cannot merge list \"{name}\" without merge key");
        foreach (var item in before.Concat(changes))
            if (item is not JsonObject)
                throw StrategicMergePatch.Invalid($"the elements of \"{name}\" must be objects");

        var order = before.ConvertAll(item => item!.DeepClone());
        var (kept, remaining) = ApplyDirectives(before, changes, key, name);
        var merged = MergeByKey(kept, remaining, field, key, name);
        return ToArray(Arrange(merged, remaining, order!, key));
    }

    /// <summary>Puts the elements named by $setElementOrder in that order, the others where they stood relative to them.</summary>
    public static JsonArray InOrder(JsonArray merged, JsonArray wanted, JsonArray before, PatchField field, string name)
    {
        var key = merged.Any(item => item is JsonObject) ? field.MergeKey : null;
        if (key is null && merged.Any(item => item is JsonObject))
            throw StrategicMergePatch.Invalid($"cannot order list \"{name}\" without merge key");
        return ToArray(Arrange(Take(merged), [.. wanted], [.. before], key));
    }

    /// <summary>The patch's own list must agree with the order it asks for.</summary>
    public static void CheckOrder(JsonArray? patch, JsonArray order, PatchField field, string name)
    {
        if (patch is null)
            return;
        var at = 0;
        foreach (var item in patch)
        {
            if (item is JsonObject o && o.ContainsKey(StrategicMergePatch.Directive))
                continue;
            while (at < order.Count && !Same(item, order[at], item is JsonObject ? field.MergeKey : null))
                at++;
            if (at++ >= order.Count)
                throw StrategicMergePatch.Invalid(
                    $"the order in the patch list \"{name}\" doesn't match {StrategicMergePatch.SetOrderPrefix}{name}"
                );
        }
    }

    private static List<JsonNode?> Union(List<JsonNode?> before, List<JsonNode?> changes)
    {
        var union = new List<JsonNode?>(before.Count + changes.Count);
        foreach (var item in before.Concat(changes))
            if (!union.Exists(other => JsonNode.DeepEquals(item, other)))
                union.Add(item?.DeepClone());
        return union;
    }

    private static (List<JsonNode?> Kept, List<JsonNode?> Remaining) ApplyDirectives(
        List<JsonNode?> before,
        List<JsonNode?> changes,
        string key,
        string name
    )
    {
        var remaining = new List<JsonNode?>(changes.Count);
        var replaces = false;
        foreach (var change in changes)
        {
            if (!change!.AsObject().TryGetPropertyValue(StrategicMergePatch.Directive, out var directive))
            {
                remaining.Add(change);
                continue;
            }
            switch (StrategicMergePatch.Text(directive))
            {
                case "delete":
                    var doomed = KeyOf(change, key, name);
                    before.RemoveAll(item => JsonNode.DeepEquals(item!.AsObject()[key], doomed));
                    break;
                case "replace":
                    replaces = true;
                    break;
                case "merge":
                    throw StrategicMergePatch.Invalid("merging lists cannot yet be specified in the patch");
                default:
                    throw StrategicMergePatch.UnknownDirective(directive);
            }
        }
        return replaces ? ([], remaining) : (before, remaining);
    }

    private static List<JsonNode?> MergeByKey(
        List<JsonNode?> before,
        List<JsonNode?> changes,
        PatchField field,
        string key,
        string name
    )
    {
        foreach (var change in changes)
        {
            var wanted = KeyOf(change!, key, name);
            var index = before.FindIndex(item => JsonNode.DeepEquals(item!.AsObject()[key], wanted));
            var patch = (JsonObject)change!.DeepClone();
            if (index < 0)
                before.Add(StrategicMergePatch.MergeObject([], patch, field.Fields));
            else
                before[index] = StrategicMergePatch.MergeObject(before[index]!.AsObject(), patch, field.Fields);
        }
        return before;
    }

    /// <summary>
    /// Elements that the patch names, in the patch's order, interleaved with those that only the server has, by the order before.
    /// </summary>
    private static List<JsonNode?> Arrange(
        List<JsonNode?> merged,
        List<JsonNode?> wanted,
        List<JsonNode?> before,
        string? key
    )
    {
        var named = merged
            .Where(item => IndexOf(wanted, item, key) >= 0)
            .OrderBy(item => IndexOf(wanted, item, key))
            .ToList();
        var others = merged
            .Where(item => IndexOf(wanted, item, key) < 0)
            .OrderBy(item => IndexOf(before, item, key))
            .ToList();
        var result = new List<JsonNode?>(merged.Count);
        int left = 0,
            right = 0;
        while (left < others.Count || right < named.Count)
        {
            if (left < others.Count && (right == named.Count || StoodBefore(others[left], named[right], before, key)))
                result.Add(others[left++]);
            else
                result.Add(named[right++]);
        }
        return result;
    }

    private static bool StoodBefore(JsonNode? a, JsonNode? b, List<JsonNode?> before, string? key)
    {
        int first = IndexOf(before, a, key),
            second = IndexOf(before, b, key);
        return first >= 0 && second >= 0 && first < second;
    }

    private static int IndexOf(List<JsonNode?> list, JsonNode? item, string? key) =>
        list.FindIndex(other => Same(item, other, key));

    private static bool Same(JsonNode? a, JsonNode? b, string? key) =>
        key is null
            ? JsonNode.DeepEquals(a, b)
            : a is JsonObject left && b is JsonObject right && JsonNode.DeepEquals(left[key], right[key]);

    private static JsonNode? KeyOf(JsonNode item, string key, string name) =>
        item.AsObject()[key]
        ?? throw StrategicMergePatch.Invalid($"an element of \"{name}\" does not contain declared merge key: {key}");

    private static List<JsonNode?> Take(JsonArray array)
    {
        var items = array.ToList();
        array.Clear();
        return items;
    }

    private static JsonArray ToArray(List<JsonNode?> items)
    {
        var array = new JsonArray();
        foreach (var item in items)
            array.Add(item?.Parent is null ? item : item.DeepClone());
        return array;
    }
}
