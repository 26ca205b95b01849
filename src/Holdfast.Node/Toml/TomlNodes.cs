namespace Holdfast.Node.Toml;

/// <summary>Where something stands in the text: from the first character to behind the last.</summary>
internal readonly record struct TomlSpan(int Start, int End);

/// <summary>A value with its place. Not changed after parsing.</summary>
internal abstract class TomlNode
{
    public TomlSpan Span { get; set; }

    public abstract TomlValue ToValue();
}

/// <summary>A string, number, truth value or date.</summary>
internal sealed class TomlLeaf(TomlValue value) : TomlNode
{
    public override TomlValue ToValue() => value;
}

/// <summary>An array in square brackets.</summary>
internal sealed class TomlArrayNode : TomlNode
{
    public List<TomlNode> Items { get; } = [];

    public override TomlValue ToValue() => new TomlArray([.. Items.Select(i => i.ToValue())]);
}

/// <summary>What <c>[[headers]]</c> of one name make together.</summary>
internal sealed class TomlTableArrayNode : TomlNode
{
    public List<TomlTableNode> Items { get; } = [];

    public override TomlValue ToValue() => new TomlArray([.. Items.Select(i => i.ToValue())]);
}

/// <summary>How a table came to be, which decides how it may be added to.</summary>
internal enum TomlTableKind
{
    /// <summary>The document itself, a <c>[header]</c>, or one element of <c>[[headers]]</c>: it has a section of its own.</summary>
    Section,

    /// <summary>Only named on the way to another header; a header of its own may still come.</summary>
    Implicit,

    /// <summary>Made by the dots of a key; its keys stand where that key stands.</summary>
    Dotted,

    /// <summary>In braces; complete as it stands.</summary>
    Inline,
}

/// <summary>A table, wherever it is written.</summary>
internal sealed class TomlTableNode(TomlTableKind kind) : TomlNode
{
    public TomlTableKind Kind { get; set; } = kind;

    /// <summary>The section that this table's own keys stand in; null for implicit tables and within braces.</summary>
    public TomlSection? Section { get; set; }

    /// <summary>For a dotted table within braces: the table in braces that holds its keys.</summary>
    public TomlTableNode? Braces { get; set; }

    /// <summary>Path from the holder (section or braces) to this table: what a new key is prefixed with.</summary>
    public TomlPath FromHolder { get; set; } = TomlPath.Root;

    public Dictionary<string, TomlNode> Children { get; } = new(StringComparer.Ordinal);

    /// <summary>Only within braces: the written entries in their order, keys with their dots.</summary>
    public List<TomlStatement> Entries { get; } = [];

    public override TomlValue ToValue() =>
        new TomlTable(Children.ToDictionary(c => c.Key, c => c.Value.ToValue(), StringComparer.Ordinal));
}

/// <summary>One <c>key = value</c>, of a section or within braces.</summary>
/// <param name="Path">Relative to the section or the braces.</param>
/// <param name="Span">From the key's first character to behind the value.</param>
internal sealed record TomlStatement(TomlPath Path, TomlNode Value, TomlSpan Span);

/// <summary>A header with the statements below it; the first section of a document has none and stands for the root.</summary>
internal sealed class TomlSection(TomlPath path, bool isElement, TomlSpan header)
{
    public TomlPath Path { get; } = path;

    /// <summary>Whether the header is <c>[[double]]</c>.</summary>
    public bool IsElement { get; } = isElement;

    /// <summary>From the opening to behind the closing bracket; empty for the root.</summary>
    public TomlSpan Header { get; } = header;

    public List<TomlStatement> Statements { get; } = [];

    /// <summary>Behind the last thing of this section that is not a comment.</summary>
    public int End => Statements is [.., var last] ? last.Span.End : Header.End;
}
