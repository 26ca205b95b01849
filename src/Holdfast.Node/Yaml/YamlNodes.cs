using YamlDotNet.Core;

namespace Holdfast.Node.Yaml;

/// <summary>A stretch of the text: from <paramref name="Start"/> up to, not including, <paramref name="End"/>.</summary>
internal readonly record struct YamlSpan(int Start, int End);

/// <summary>What stands at a place of the text. Immutable once composed.</summary>
/// <param name="Span">Without anchor and tag, and without the line end and comment behind it.</param>
/// <param name="Value">What it means, aliases resolved.</param>
internal abstract record YamlNode(YamlSpan Span, YamlValue Value)
{
    public string? Anchor { get; init; }

    public string? Tag { get; init; }

    /// <summary>Values in it, aliases counted each time they are used; bounds what an alias bomb may cost.</summary>
    public required int ExpandedSize { get; init; }
}

internal sealed record YamlScalarNode(YamlSpan Span, YamlValue Value, string Text, ScalarStyle Style)
    : YamlNode(Span, Value)
{
    public bool IsBlock => Style is ScalarStyle.Literal or ScalarStyle.Folded;

    /// <summary>Nothing is written: <c>key:</c>.</summary>
    public bool IsAbsent => Span.Start == Span.End;
}

internal sealed record YamlAliasNode(YamlSpan Span, YamlValue Value, YamlNode Target) : YamlNode(Span, Value);

internal sealed record YamlSequenceNode(YamlSpan Span, YamlValue Value, bool IsFlow, IReadOnlyList<YamlNode> Items)
    : YamlNode(Span, Value);

internal sealed record YamlMappingNode(YamlSpan Span, YamlValue Value, bool IsFlow, IReadOnlyList<YamlEntry> Entries)
    : YamlNode(Span, Value)
{
    public YamlEntry? Find(string key) => Entries.FirstOrDefault(e => e.Key.Text == key);
}

/// <param name="KeySpan">With anchor and tag of the key, if any.</param>
internal sealed record YamlEntry(YamlScalarNode Key, YamlSpan KeySpan, YamlNode Value)
{
    public YamlSpan Span => new(KeySpan.Start, Math.Max(Value.Span.End, KeySpan.End));
}

/// <summary>Ends the reading at the first error; caught by <see cref="YamlDocument"/>, never seen outside.</summary>
internal sealed class YamlRefusedException(int line, int column, string message) : Exception(message)
{
    public int Line { get; } = line;
    public int Column { get; } = column;
}
