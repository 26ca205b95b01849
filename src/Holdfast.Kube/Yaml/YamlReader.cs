using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Holdfast.Kube;

/// <summary>Builds JSON from the events of the YAML parser. One use per instance; not thread-safe.</summary>
internal sealed class YamlReader(string text)
{
    // A million nodes is far beyond the 3 MB that an API server takes, and stops aliases that multiply.
    private const int MostNodes = 1_000_000;

    private readonly Parser _parser = new(new StringReader(text));
    private readonly Dictionary<AnchorName, (JsonNode? Node, int Size)> _anchors = [];
    private int _nodes;

    /// <summary>The end of what was read last.</summary>
    public Mark LastMark => _parser.Current?.End ?? Mark.Empty;

    public List<JsonNode> Documents()
    {
        var documents = new List<JsonNode>();
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            if (Node(0) is { } document)
                documents.Add(document);
            _parser.Consume<DocumentEnd>();
        }
        return documents;
    }

    private JsonNode? Node(int depth)
    {
        var start = _parser.Current?.Start ?? Mark.Empty;
        if (depth > KubeJson.MaxDepth)
            throw KubeYaml.Malformed(start, $"nested deeper than {KubeJson.MaxDepth} levels");
        if (++_nodes > MostNodes)
            throw KubeYaml.Malformed(start, $"more than {MostNodes} values");

        if (_parser.TryConsume<AnchorAlias>(out var alias))
            return Alias(alias, depth);
        var before = _nodes;
        var anchor = (_parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        JsonNode? node;
        if (_parser.TryConsume<Scalar>(out var scalar))
            node = ScalarNode(scalar);
        else if (_parser.TryConsume<SequenceStart>(out var sequence))
            node = Sequence(sequence, depth);
        else
            node = Mapping(_parser.Consume<MappingStart>(), depth);
        if (!anchor.IsEmpty)
            _anchors[anchor] = (node?.DeepClone(), _nodes - before + 1);
        return node;
    }

    private JsonNode? Alias(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value, out var anchored))
            throw KubeYaml.Malformed(alias.Start, $"unknown anchor '{alias.Value}'");
        _nodes += anchored.Size;
        if (_nodes > MostNodes)
            throw KubeYaml.Malformed(alias.Start, $"more than {MostNodes} values");
        if (depth + Depth(anchored.Node) > KubeJson.MaxDepth)
            throw KubeYaml.Malformed(alias.Start, $"nested deeper than {KubeJson.MaxDepth} levels");
        return anchored.Node?.DeepClone();
    }

    private JsonArray Sequence(SequenceStart start, int depth)
    {
        CheckTag(start.Tag, "tag:yaml.org,2002:seq", start.Start);
        var array = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _))
            array.Add(Node(depth + 1));
        return array;
    }

    private JsonObject Mapping(MappingStart start, int depth)
    {
        CheckTag(start.Tag, "tag:yaml.org,2002:map", start.Start);
        var map = new JsonObject();
        var merges = new List<JsonObject>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
                throw KubeYaml.Malformed(_parser.Current?.Start ?? start.Start, "a key must be a plain or quoted text");
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                Collect(merges, Node(depth + 1), key.Start);
                continue;
            }
            var name = Key(key);
            if (map.ContainsKey(name))
                throw KubeYaml.Malformed(key.Start, $"key \"{name}\" already set in map");
            map[name] = Node(depth + 1);
        }
        // What stands in the mapping itself wins, then the earlier merge.
        foreach (var merge in merges)
        foreach (var (name, value) in merge)
            if (!map.ContainsKey(name))
                map[name] = value?.DeepClone();
        return map;
    }

    private static void Collect(List<JsonObject> merges, JsonNode? node, Mark mark)
    {
        if (node is JsonObject single)
            merges.Add(single);
        else if (node is JsonArray many && many.All(item => item is JsonObject))
            merges.AddRange(many.Select(item => item!.AsObject()));
        else
            throw KubeYaml.Malformed(mark, "map merge requires map or sequence of maps as the value");
    }

    // JSON has only text as keys; Kubernetes writes out numbers and booleans.
    private static string Key(Scalar key)
    {
        var node = ScalarNode(key);
        return node is null ? "null"
            : node.GetValueKind() == System.Text.Json.JsonValueKind.String ? node.GetValue<string>()
            : node.ToJsonString();
    }

    private static JsonNode? ScalarNode(Scalar scalar)
    {
        if (!IsText(scalar.Value))
            throw KubeYaml.Malformed(scalar.Start, "broken surrogate pair in text");
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        switch (tag)
        {
            case "" when scalar.Style == ScalarStyle.Plain:
                return YamlScalar.IsBeyondJson(scalar.Value)
                    ? throw KubeYaml.Malformed(scalar.Start, $"{scalar.Value} cannot be said in JSON")
                    : YamlScalar.Resolve(scalar.Value);
            case "" or "!" or "tag:yaml.org,2002:str":
                return JsonValue.Create(scalar.Value);
            case "tag:yaml.org,2002:null" when YamlScalar.Resolve(scalar.Value) is null:
                return null;
            case "tag:yaml.org,2002:bool"
                when YamlScalar.Resolve(scalar.Value) is JsonValue value && value.TryGetValue<bool>(out _):
                return value;
            case "tag:yaml.org,2002:int"
                when scalar.Value.Length > 0
                    && YamlScalar.Number(scalar.Value) is JsonValue value
                    && !value.TryGetValue<double>(out _):
                return value;
            case "tag:yaml.org,2002:float" when scalar.Value.Length > 0 && YamlScalar.Number(scalar.Value) is { } value:
                return value;
            default:
                throw KubeYaml.Malformed(scalar.Start, $"cannot decode `{scalar.Value}` as {tag}");
        }
    }

    private static void CheckTag(TagName tag, string expected, Mark mark)
    {
        if (!tag.IsEmpty && !tag.IsNonSpecific && tag.Value != expected)
            throw KubeYaml.Malformed(mark, $"unknown tag {tag.Value}");
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

    private static int Depth(JsonNode? node) =>
        node switch
        {
            JsonObject o => 1 + o.Select(entry => Depth(entry.Value)).DefaultIfEmpty().Max(),
            JsonArray a => 1 + a.Select(Depth).DefaultIfEmpty().Max(),
            _ => 1,
        };
}
