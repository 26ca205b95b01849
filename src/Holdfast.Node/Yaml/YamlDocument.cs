using System.Globalization;
using System.Text;

namespace Holdfast.Node.Yaml;

/// <summary>
/// A YAML text that can be asked and changed without losing anything: comments, order, quoting, indentation and white
/// space of all that is not changed stay byte for byte. The library gives the places, the edits are made in the text, and
/// each edited text is read again and compared: one that would not mean exactly what was asked for is refused. Immutable:
/// a change gives a new document. Safe from any thread.
/// </summary>
internal sealed class YamlDocument
{
    /// <summary>Characters; the scanner is slow on what is much larger, and no configuration is.</summary>
    private const int MaxLength = 4 * 1024 * 1024;

    private const char ByteOrderMark = '\uFEFF';

    private readonly string prefix;
    private readonly IReadOnlyList<YamlNode> documents;
    private readonly int index;

    private YamlDocument(string fileName, string prefix, string text, IReadOnlyList<YamlNode> documents, int index)
    {
        FileName = fileName;
        this.prefix = prefix;
        Body = text;
        this.documents = documents;
        this.index = index;
    }

    /// <summary>Only for messages.</summary>
    public string FileName { get; }

    public string Text => prefix + Body;

    /// <summary>How many documents the text has.</summary>
    public int Count => documents.Count;

    /// <summary>The text without its byte order mark: what positions count from.</summary>
    internal string Body { get; }

    /// <summary>Null where the text has no document at all.</summary>
    internal YamlNode? RootNode => index < documents.Count ? documents[index] : null;

    /// <exception cref="NodeException">With line and column of the first thing that is not understood.</exception>
    public static YamlDocument Parse(string text, string fileName)
    {
        var mark = text.StartsWith(ByteOrderMark) ? text[..1] : "";
        var body = text[mark.Length..];
        if (body.Length > MaxLength)
        {
            throw NotUnderstood($"cannot read {fileName} as YAML: it is larger than {MaxLength >> 20} MB", null);
        }
        try
        {
            return new YamlDocument(fileName, mark, body, YamlComposer.Compose(body), 0);
        }
        catch (YamlRefusedException e)
        {
            throw NotUnderstood($"cannot read {fileName} as YAML: line {e.Line}, column {e.Column}: {e.Message}", e);
        }
    }

    /// <summary>As <see cref="Parse(string, string)"/>, from a file's bytes, which must be UTF-8.</summary>
    public static YamlDocument Parse(ReadOnlySpan<byte> utf8, string fileName)
    {
        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8), fileName);
        }
        catch (DecoderFallbackException e)
        {
            var line = utf8[..Math.Clamp(e.Index, 0, utf8.Length)].Count((byte)'\n') + 1;
            throw NotUnderstood($"cannot read {fileName} as YAML: line {line}: it is not UTF-8 text", e);
        }
    }

    /// <summary>The same text, asked and changed in another of its documents.</summary>
    public YamlDocument InDocument(int number) =>
        number >= 0 && number < Count
            ? new YamlDocument(FileName, prefix, Body, documents, number)
            : throw new ArgumentOutOfRangeException(nameof(number));

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(Text);

    /// <summary>What is at a path, aliases resolved; null when nothing is.</summary>
    public YamlValue? Get(YamlPath path) => Find(path)?.Value;

    public YamlValue? Get(params string[] path) => Get(new YamlPath(path));

    /// <summary>The string at a path; null when there is none, or something else.</summary>
    public string? GetString(params string[] path) => (Get(path) as YamlString)?.Value;

    /// <summary>
    /// Gives a key a value: in place where the key is, else at the end of the mapping that it belongs to, with the mappings
    /// on the way made. Does nothing when the key means that already.
    /// </summary>
    /// <exception cref="NodeException">It cannot be done without changing something else; the text is as it was.</exception>
    public YamlDocument Set(YamlPath path, YamlValue value)
    {
        if (Get(path) is { } present && present.Equals(value))
        {
            return this;
        }
        RefuseShared(path, "set");
        return Changed(YamlSetter.Set(this, path, value), YamlMapping.With(RootNode?.Value, path, value), path, "set");
    }

    /// <summary>Takes an entry out of its mapping. Does nothing when there is no such entry.</summary>
    /// <exception cref="NodeException">It cannot be done without changing something else; the text is as it was.</exception>
    public YamlDocument Remove(YamlPath path)
    {
        if (path.Count == 0 || Find(path) is null)
        {
            return this;
        }
        RefuseShared(path, "remove");
        if (Find(path.Take(path.Count - 1)) is not YamlMappingNode)
        {
            throw Cannot("remove", path, Find(path)!.Span.Start, "it is an item of a list");
        }
        return Changed(YamlRemover.Remove(this, path), YamlMapping.Without(RootNode!.Value, path), path, "remove");
    }

    /// <summary>What stands at a path, through aliases; null when nothing does.</summary>
    internal YamlNode? Find(YamlPath path)
    {
        var node = RootNode;
        foreach (var segment in path.Segments ?? [])
        {
            node = Child(node is YamlAliasNode alias ? alias.Target : node, segment);
        }
        return node;
    }

    internal NodeException Cannot(string verb, YamlPath path, int position, string cause)
    {
        var (line, column) = YamlLines.Place(Body, position);
        return NotUnderstood($"cannot {verb} {path} in {FileName}: line {line}, column {column}: {cause}", null);
    }

    private static YamlNode? Child(YamlNode? node, string segment) =>
        node switch
        {
            YamlMappingNode mapping => mapping.Find(segment)?.Value,
            YamlSequenceNode sequence
                when int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
                    && i < sequence.Items.Count => sequence.Items[i],
            _ => null,
        };

    /// <summary>A value that is used at several places is nobody's to change at one of them.</summary>
    private void RefuseShared(YamlPath path, string verb)
    {
        var aliased = Aliases(RootNode).ToHashSet();
        for (var depth = 0; depth <= path.Count; depth++)
        {
            var node = Find(path.Take(depth));
            if (node is YamlAliasNode alias && depth < path.Count)
            {
                throw Cannot(verb, path, alias.Span.Start, "it is an alias of a value elsewhere; write it out first");
            }
            if (node?.Anchor is { } anchor && aliased.Contains(anchor))
            {
                throw Cannot(
                    verb,
                    path,
                    node.Span.Start,
                    $"the value is used elsewhere too, as *{anchor}; write it out there first"
                );
            }
        }
    }

    private static IEnumerable<string> Aliases(YamlNode? node) =>
        node switch
        {
            YamlAliasNode alias => [alias.Target.Anchor!],
            YamlMappingNode mapping => mapping.Entries.SelectMany(e => Aliases(e.Value)),
            YamlSequenceNode sequence => sequence.Items.SelectMany(Aliases),
            _ => [],
        };

    private YamlDocument Changed(string text, YamlValue wanted, YamlPath path, string verb)
    {
        try
        {
            var changed = YamlComposer.Compose(text);
            var before = documents.Select(d => d.Value).ToList();
            IEnumerable<YamlValue> expected =
                before.Count == 0 ? [wanted] : [.. before[..index], wanted, .. before[(index + 1)..]];
            if (changed.Select(d => d.Value).SequenceEqual(expected))
            {
                return new YamlDocument(FileName, prefix, text, changed, index);
            }
        }
        catch (YamlRefusedException)
        {
            // Falls through to the refusal below: the text as it was is good, the edit of it is not.
        }
        throw Cannot(
            verb,
            path,
            Find(path)?.Span.Start ?? RootNode?.Span.Start ?? 0,
            "the text is written in a way that this program cannot edit; change this key by hand"
        );
    }

    private static NodeException NotUnderstood(string message, Exception? inner) =>
        new(NodeReason.FileNotUnderstood, message, inner);
}
