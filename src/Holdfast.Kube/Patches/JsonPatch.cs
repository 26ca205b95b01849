using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>JSON Patch (RFC 6902). Pure: works on a copy, so a patch applies as a whole or not at all.</summary>
public static class JsonPatch
{
    // The same bound as kube-apiserver's --max-json-patch-operations: copies could otherwise double a document again and again.
    private const int MostOperations = 10_000;

    // "copy" can grow a document exponentially; kube-apiserver bounds the copied bytes to 3 MB x 10 (JSONPatchMaxCopyBytes).
    private const int MostCopiedNodes = 1_000_000;

    /// <param name="target">The document; null is the JSON null.</param>
    /// <param name="patch">An array of operations.</param>
    /// <exception cref="KubeException"/>
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
            throw Malformed("a JSON patch must be an array of operations");
        if (operations.Count > MostOperations)
            throw new KubeException(
                KubeReason.Invalid,
                $"cannot apply patch: the allowed maximum operations in a JSON patch is {MostOperations}, got {operations.Count}"
            );
        var document = target?.DeepClone();
        var copied = 0;
        foreach (var operation in operations)
            document = ApplyOne(
                document,
                operation as JsonObject ?? throw Malformed("an operation must be an object"),
                ref copied
            );
        return document;
    }

    private static JsonNode? ApplyOne(JsonNode? document, JsonObject operation, ref int copied)
    {
        var path = JsonPointer.Parse(Text(operation, "path"));
        switch (Text(operation, "op"))
        {
            case "add":
                return Add(document, path, Value(operation)?.DeepClone());
            case "remove":
                return Remove(document, path, out _);
            case "replace":
                return Replace(document, path, Value(operation)?.DeepClone());
            case "move":
                var from = JsonPointer.Parse(Text(operation, "from"));
                if (from.IsPrefixOf(path))
                    throw new KubeException(
                        KubeReason.Invalid,
                        $"cannot apply patch: \"{from.Text}\" cannot move into its own child \"{path.Text}\""
                    );
                document = Remove(document, from, out var moved);
                return Add(document, path, moved);
            case "copy":
                var source = JsonPointer.Parse(Text(operation, "from")).Get(document);
                copied += Count(source);
                if (copied > MostCopiedNodes)
                    throw new KubeException(
                        KubeReason.Invalid,
                        "cannot apply patch: its copies make the document too large"
                    );
                return Add(document, path, source?.DeepClone());
            case "test":
                if (!JsonNode.DeepEquals(path.Get(document), Value(operation)))
                    throw new KubeException(
                        KubeReason.PatchTestFailed,
                        $"cannot apply patch: testing value {path.Text} failed"
                    );
                return document;
            case var other:
                throw Malformed($"unknown operation \"{other}\"");
        }
    }

    private static JsonNode? Add(JsonNode? document, JsonPointer path, JsonNode? value)
    {
        if (path.IsRoot)
            return value;
        switch (path.Parent(document))
        {
            case JsonObject o:
                o[path.Last] = value;
                break;
            case JsonArray a:
                a.Insert(path.InsertIndex(a, path.Last), value);
                break;
            default:
                throw path.Missing();
        }
        return document;
    }

    private static JsonNode? Remove(JsonNode? document, JsonPointer path, out JsonNode? removed)
    {
        if (path.IsRoot)
        {
            removed = document;
            return null;
        }
        switch (path.Parent(document))
        {
            case JsonObject o when o.TryGetPropertyValue(path.Last, out removed):
                o.Remove(path.Last);
                break;
            case JsonArray a:
                var index = path.ExistingIndex(a, path.Last);
                removed = a[index];
                a.RemoveAt(index);
                break;
            default:
                throw path.Missing();
        }
        return document;
    }

    private static JsonNode? Replace(JsonNode? document, JsonPointer path, JsonNode? value)
    {
        if (path.IsRoot)
            return value;
        switch (path.Parent(document))
        {
            case JsonObject o when o.ContainsKey(path.Last):
                o[path.Last] = value;
                break;
            case JsonArray a:
                a[path.ExistingIndex(a, path.Last)] = value;
                break;
            default:
                throw path.Missing();
        }
        return document;
    }

    private static int Count(JsonNode? node) =>
        node switch
        {
            JsonObject o => 1 + o.Sum(entry => Count(entry.Value)),
            JsonArray a => 1 + a.Sum(Count),
            _ => 1,
        };

    private static string Text(JsonObject operation, string key) =>
        operation[key] is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw Malformed($"an operation needs the string \"{key}\"");

    private static JsonNode? Value(JsonObject operation) =>
        operation.TryGetPropertyValue("value", out var value)
            ? value
            : throw Malformed("the operation needs a \"value\"");

    private static KubeException Malformed(string problem) =>
        new(KubeReason.Malformed, $"cannot read patch: {problem}");
}
