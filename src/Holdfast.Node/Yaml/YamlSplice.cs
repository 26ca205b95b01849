using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Holdfast.Kube;

namespace Holdfast.Node.Yaml;

/// <summary>
/// One edit of a YAML text by the marks of its nodes. It makes the text that is most likely right; whether it means what was asked
/// for is checked by <see cref="YamlDocument"/>, which reads it again.
/// </summary>
internal sealed partial class YamlSplice(string text, bool isJson)
{
    private const string Step = "  ";

    private readonly string lineEnd = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    /// <summary>The text with a value at a path; null when what is there is no place for it.</summary>
    /// <param name="at">The place of the edit, for a message.</param>
    public string? Set(YamlNode? root, ReadOnlySpan<string> path, JsonNode value, out YamlMark at)
    {
        at = root?.Start ?? new YamlMark(1, 1, 0);
        if (root is null)
        {
            return AtEnd(Lines("", path, value));
        }
        var (node, column) = (root, 1);
        for (var depth = 0; depth < path.Length; depth++)
        {
            at = node.Start;
            if (node is not YamlMappingNode mapping)
            {
                return depth == 0
                    ? IntoEmptyDocument(node, path, value)
                    : IntoNothing(node, column, path[depth..], value);
            }
            if (mapping.Find(path[depth]) is not { } entry)
            {
                return mapping.IsFlow
                    ? IntoBraces(mapping, path[depth..], value)
                    : BelowLast(mapping, path[depth..], value);
            }
            (node, column) = (entry.Value, entry.Key.Column);
        }
        at = node.Start;
        return node is YamlScalarNode { Tag: null, IsAnchored: false } scalar && scalar.Style != YamlStyle.Block
            ? Replace(scalar, Written(value, scalar.Style))
            : null;
    }

    private string? IntoEmptyDocument(YamlNode node, ReadOnlySpan<string> path, JsonNode value) =>
        IsAbsent(node) ? AtEnd(Lines("", path, value)) : null;

    /// <summary>A key with nothing behind it becomes a mapping.</summary>
    private string? IntoNothing(YamlNode node, int column, ReadOnlySpan<string> rest, JsonNode value) =>
        IsAbsent(node) ? InsertBelow(node.End.Index, Lines(Blanks(column) + Step, rest, value))
        : node is YamlScalarNode { IsPlain: true, Text: "null" or "~" } scalar
            ? Replace(scalar, Nested(rest, value, isInBraces: true))
        : null;

    /// <summary>On a line of its own where the entry before it has one.</summary>
    private string IntoBraces(YamlMappingNode braces, ReadOnlySpan<string> rest, JsonNode value)
    {
        var written = Nested(rest, value, isInBraces: false);
        if (braces.Entries is not [.., var last])
        {
            return string.Concat(text.AsSpan(0, braces.Start.Index), $"{{{written}}}", text.AsSpan(braces.End.Index));
        }
        var key = last.Key.Start.Index;
        var lineStart = text.AsSpan(0, key).LastIndexOf('\n') + 1;
        var indent = text[lineStart..key];
        var separator = lineStart > 0 && string.IsNullOrWhiteSpace(indent) ? lineEnd + indent : " ";
        return text.Insert(last.Value.End.Index, $",{separator}{written}");
    }

    private string BelowLast(YamlMappingNode mapping, ReadOnlySpan<string> rest, JsonNode value) =>
        InsertBelow(mapping.End.Index, Lines(Blanks(mapping.Entries[0].Key.Column), rest, value));

    /// <summary>One line per key, each deeper than the one before.</summary>
    private string Lines(string indent, ReadOnlySpan<string> keys, JsonNode value)
    {
        var lines = new StringBuilder();
        for (var i = 0; i < keys.Length - 1; i++)
        {
            lines.Append(indent).Append(Written(keys[i])).Append(':').Append(lineEnd);
            indent += Step;
        }
        return lines
            .Append(indent)
            .Append(Written(keys[^1]))
            .Append(": ")
            .Append(Written(value))
            .Append(lineEnd)
            .ToString();
    }

    private string Nested(ReadOnlySpan<string> keys, JsonNode value, bool isInBraces)
    {
        var written =
            keys.Length == 0
                ? Written(value)
                : $"{Written(keys[0])}: {Nested(keys[1..], value, isInBraces: keys.Length > 1)}";
        return isInBraces && keys.Length > 0 ? $"{{{written}}}" : written;
    }

    private string InsertBelow(int index, string lines)
    {
        // A block scalar ends at the beginning of a line.
        var next = index > 0 && text[index - 1] == '\n' ? index : text.IndexOf('\n', index) + 1;
        return next == 0 ? AtEnd(lines) : text.Insert(next, lines);
    }

    private string AtEnd(string lines) => $"{text}{(text.Length == 0 || text[^1] == '\n' ? "" : lineEnd)}{lines}";

    private string Replace(YamlScalarNode scalar, string written)
    {
        // Behind the colon of "key:", with or without a comment.
        var before = scalar.Start.Index > 0 && text[scalar.Start.Index - 1] == ':' && IsAbsent(scalar) ? " " : "";
        return string.Concat(text.AsSpan(0, scalar.Start.Index), before, written, text.AsSpan(scalar.End.Index));
    }

    private static bool IsAbsent(YamlNode node) =>
        node is YamlScalarNode { IsPlain: true, Text: "" } && node.Start.Index == node.End.Index;

    private static string Blanks(int column) => new(' ', column - 1);

    /// <summary>A string keeps the quotes of what it replaces; lists and mappings are written as JSON, which is YAML.</summary>
    private string Written(JsonNode value, YamlStyle like = YamlStyle.Plain)
    {
        if (value is not JsonValue scalar || !scalar.TryGetValue<string>(out var content) || isJson)
        {
            return Encoding.UTF8.GetString(KubeJson.Serialize(value));
        }
        if (like == YamlStyle.SingleQuoted && !content.Any(char.IsControl))
        {
            return $"'{content.Replace("'", "''", StringComparison.Ordinal)}'";
        }
        return like == YamlStyle.Plain && IsPlain(content)
            ? content
            : Encoding.UTF8.GetString(KubeJson.Serialize(value));
    }

    /// <summary>Narrower than the language: text without quotes that every version of it reads as text.</summary>
    private static bool IsPlain(string content) =>
        PlainPattern().IsMatch(content)
        && KubeYaml.ParseDocuments(content) is [JsonValue value]
        && value.TryGetValue<string>(out var read)
        && read == content;

    /// <summary>Words, paths, addresses with a scheme, image names, and durations as Go writes them.</summary>
    [GeneratedRegex(
        @"^(?:[A-Za-z/](?:[A-Za-z0-9_./@+-]|:(?=[A-Za-z0-9/])){0,511}|(?:[0-9]+(?:h|ms|m|s)){1,9})\z",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex PlainPattern();
}
