using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>A YAML node as JSON, with merges and tags resolved as the YAML library of kubectl and the kubelet does it.</summary>
internal static class YamlJson
{
    public static JsonNode? Of(YamlNode node) =>
        node switch
        {
            YamlScalarNode scalar => Scalar(scalar),
            YamlSequenceNode sequence => Sequence(sequence),
            YamlMappingNode mapping => Mapping(mapping),
            _ => throw new ArgumentOutOfRangeException(nameof(node)),
        };

    private static JsonArray Sequence(YamlSequenceNode sequence)
    {
        CheckTag(sequence, "tag:yaml.org,2002:seq");
        return new JsonArray([.. sequence.Items.Select(Of)]);
    }

    private static JsonObject Mapping(YamlMappingNode mapping)
    {
        CheckTag(mapping, "tag:yaml.org,2002:map");
        var map = new JsonObject();
        foreach (var entry in mapping.Entries.Where(entry => !entry.IsMerge))
        {
            // Keys that are written differently can be one: 1 and 0x1.
            if (!map.TryAdd(Key(entry.Key), Of(entry.Value)))
                throw Malformed(entry.Key, $"the key \"{Key(entry.Key)}\" is there twice");
        }
        // What stands in the mapping itself wins, then the earlier merge.
        foreach (var merged in mapping.Entries.Where(entry => entry.IsMerge).SelectMany(Merged))
        foreach (var (name, value) in merged)
            if (!map.ContainsKey(name))
                map[name] = value?.DeepClone();
        return map;
    }

    private static IEnumerable<JsonObject> Merged(YamlEntry merge) =>
        Of(merge.Value) switch
        {
            JsonObject single => [single],
            JsonArray many when many.All(item => item is JsonObject) => many.Select(item => item!.AsObject()),
            _ => throw Malformed(merge.Key, "a merge (<<) takes a mapping or a list of mappings"),
        };

    /// <summary>JSON has only text as keys; Kubernetes writes out numbers and booleans.</summary>
    private static string Key(YamlScalarNode key)
    {
        var node = Scalar(key);
        return node is null ? "null"
            : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>()
            : node.ToJsonString();
    }

    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Text;
        if (!IsText(text))
            throw Malformed(scalar, "broken surrogate pair in text");
        switch (scalar.Tag)
        {
            case null when scalar.IsPlain:
                return YamlScalar.IsBeyondJson(text)
                    ? throw Malformed(scalar, $"{text} cannot be said in JSON")
                    : YamlScalar.Resolve(text);
            case null or "!" or "tag:yaml.org,2002:str":
                return JsonValue.Create(text);
            case "tag:yaml.org,2002:null" when YamlScalar.Resolve(text) is null:
                return null;
            case "tag:yaml.org,2002:bool"
                when YamlScalar.Resolve(text) is JsonValue value && value.TryGetValue<bool>(out _):
                return value;
            case "tag:yaml.org,2002:int"
                when text.Length > 0 && YamlScalar.Number(text) is JsonValue value && !value.TryGetValue<double>(out _):
                return value;
            case "tag:yaml.org,2002:float" when text.Length > 0 && YamlScalar.Number(text) is { } value:
                return value;
            default:
                throw Malformed(scalar, $"cannot decode `{text}` as {scalar.Tag}");
        }
    }

    private static void CheckTag(YamlNode node, string expected)
    {
        if (node.Tag is { } tag && tag is not "!" && tag != expected)
            throw Malformed(node, $"unknown tag {tag}");
    }

    private static bool IsText(string value)
    {
        for (var i = 0; i < value.Length; i++)
            if (char.IsHighSurrogate(value[i]) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
                i++;
            else if (char.IsSurrogate(value[i]))
                return false;
        return true;
    }

    private static KubeException Malformed(YamlNode at, string problem) =>
        YamlFault.At(at.Start, problem).ToException();
}
