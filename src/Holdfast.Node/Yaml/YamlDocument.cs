using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Kube;

namespace Holdfast.Node.Yaml;

/// <summary>
/// A configuration file in YAML or JSON whose scalars are given other values in place: comments, order and layout of all else stay
/// byte for byte. Each edited text is read again and compared: one that does not mean exactly what was asked for is refused. A
/// change gives a new document. Safe from any thread.
/// </summary>
internal sealed class YamlDocument
{
    private readonly string prefix;
    private readonly string body;
    private readonly IReadOnlyList<YamlNode> roots;
    private readonly List<JsonNode?> models;
    private readonly bool isJson;

    private YamlDocument(string fileName, string prefix, string body)
    {
        FileName = fileName;
        this.prefix = prefix;
        this.body = body;
        roots = YamlStream.Require(body, YamlBounds.Configuration);
        models = [.. roots.Select(KubeYaml.ToJson)];
        isJson = IsJson(body);
    }

    /// <summary>Only for messages.</summary>
    public string FileName { get; }

    public string Text => prefix + body;

    /// <exception cref="NodeException">With line and column of the first thing that is not understood.</exception>
    public static YamlDocument Parse(string text, string fileName)
    {
        var mark = text.StartsWith('\uFEFF') ? text[..1] : "";
        try
        {
            return new YamlDocument(fileName, mark, text[mark.Length..]);
        }
        catch (KubeException e)
        {
            throw new NodeException(
                NodeReason.FileNotUnderstood,
                $"cannot read {fileName} as YAML: line {e.Line}, column {e.Column}: {e.Problem}; correct the file",
                e
            );
        }
    }

    /// <summary>As <see cref="Parse(string, string)"/>, from a file's bytes, which must be UTF-8.</summary>
    public static YamlDocument Parse(ReadOnlySpan<byte> utf8, string fileName) =>
        Parse(Utf8Text.Read(utf8, fileName, "YAML"), fileName);

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(Text);

    /// <summary>What the program that the file belongs to reads at a path of mappings; null when nothing is there.</summary>
    public JsonNode? Get(params ReadOnlySpan<string> path)
    {
        var value = models is [var first, ..] ? first : null;
        foreach (var key in path)
        {
            value = (value as JsonObject)?[key];
        }
        return value;
    }

    /// <summary>The string at a path; null when there is none, or something else.</summary>
    public string? GetString(params ReadOnlySpan<string> path) =>
        Get(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>
    /// Gives a key a value: in place where the key is, else below the last one of its mapping, with the mappings on the way made.
    /// Does nothing when the key means that already.
    /// </summary>
    /// <param name="path">Keys of mappings from the root of the first document.</param>
    /// <param name="value">A scalar; a list or mapping only for a key that is not there yet.</param>
    /// <exception cref="NodeException">It cannot be done without changing something else.</exception>
    public YamlDocument Set(string[] path, JsonNode value)
    {
        if (JsonNode.DeepEquals(Get(path), value))
        {
            return this;
        }
        var edited = new YamlSplice(body, isJson).Set(roots is [var root, ..] ? root : null, path, value, out var at);
        return edited is not null && Reread(edited) is { } result && result.HasOnly(path, value, this)
            ? result
            : throw new NodeException(
                NodeReason.FileNotUnderstood,
                $"cannot set {string.Join('.', path)} in {FileName}: line {at.Line}, column {at.Column}: what is written there cannot be changed without changing something else; set it to {value.ToJsonString()} by hand"
            );
    }

    private YamlDocument? Reread(string edited)
    {
        try
        {
            return new YamlDocument(FileName, prefix, edited);
        }
        catch (KubeException)
        {
            return null;
        }
    }

    /// <summary>Whether this is another document with the value at the path, and nothing else changed.</summary>
    private bool HasOnly(string[] path, JsonNode value, YamlDocument before)
    {
        var wanted = With(before.models is [var first, ..] ? first : null, path, value);
        return (isJson || !before.isJson)
            && models.Count == Math.Max(1, before.models.Count)
            && JsonNode.DeepEquals(models[0], wanted)
            && models.Skip(1).Zip(before.models.Skip(1), JsonNode.DeepEquals).All(same => same);
    }

    private static JsonNode With(JsonNode? at, ReadOnlySpan<string> path, JsonNode value)
    {
        if (path.Length == 0)
        {
            return value.DeepClone();
        }
        var map = at is JsonObject present ? (JsonObject)present.DeepClone() : [];
        map[path[0]] = With(map[path[0]], path[1..], value);
        return map;
    }

    /// <summary>A file that begins with a brace is JSON to the kubelet, which then takes nothing else.</summary>
    private static bool IsJson(string text)
    {
        try
        {
            return text.AsSpan().TrimStart() is ['{', ..] && JsonNode.Parse(text) is JsonObject;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
