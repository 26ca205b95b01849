using YamlDotNet.Core;

namespace Holdfast.Kube;

/// <summary>A place in a YAML text.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">In characters, from 1.</param>
/// <param name="Index">Characters from the beginning of the text (a byte order mark does not count), from 0.</param>
public readonly record struct YamlMark(int Line, int Column, int Index)
{
    internal static YamlMark Of(Mark mark) => new((int)mark.Line, (int)mark.Column, (int)mark.Index);
}

/// <summary>
/// A value of a YAML text with the place where it is written. An alias is the node of its anchor, so that one node can be met at
/// several places of the tree.
/// </summary>
/// <param name="Start">The first character of the value; of its anchor or tag when it has one.</param>
/// <param name="End">The character after the value.</param>
public abstract record YamlNode(YamlMark Start, YamlMark End)
{
    /// <summary>The resolved tag, for example <c>tag:yaml.org,2002:str</c>; null when none is written.</summary>
    public string? Tag { get; init; }

    /// <summary>Whether the value has an anchor (<c>&amp;name</c>), so that aliases may repeat it elsewhere.</summary>
    public bool IsAnchored { get; init; }

    public int Line => Start.Line;

    public int Column => Start.Column;

    /// <summary>How many nodes a walk meets here, this one included.</summary>
    internal int Size { get; init; } = 1;

    /// <summary>Levels below this one.</summary>
    internal int Height { get; init; }
}

/// <summary>A text, number, boolean or null; what a plain one means is up to the reader.</summary>
/// <param name="Text">The content: unquoted, unfolded.</param>
/// <param name="Style">How it is written.</param>
public sealed record YamlScalarNode(YamlMark Start, YamlMark End, string Text, YamlStyle Style) : YamlNode(Start, End)
{
    /// <summary>Written without quotes and without a tag, so that it may mean something other than text.</summary>
    public bool IsPlain => Style == YamlStyle.Plain && Tag is null;
}

/// <summary>How a scalar is written.</summary>
public enum YamlStyle
{
    Plain,
    SingleQuoted,
    DoubleQuoted,

    /// <summary>A block after <c>|</c> or <c>></c>.</summary>
    Block,
}

/// <summary>A list.</summary>
/// <param name="IsFlow">Written in brackets.</param>
public sealed record YamlSequenceNode(YamlMark Start, YamlMark End, IReadOnlyList<YamlNode> Items, bool IsFlow)
    : YamlNode(Start, End);

/// <summary>A mapping. Its keys are scalars with different texts; only a merge key (<c>&lt;&lt;</c>) may be there several times.</summary>
/// <param name="IsFlow">Written in braces.</param>
public sealed record YamlMappingNode(YamlMark Start, YamlMark End, IReadOnlyList<YamlEntry> Entries, bool IsFlow)
    : YamlNode(Start, End)
{
    /// <summary>The entry of a key; null when the mapping does not have it.</summary>
    public YamlEntry? Find(string key) => Entries.FirstOrDefault(entry => entry.Key.Text == key);
}

/// <summary>One key of a mapping with its value.</summary>
public sealed record YamlEntry(YamlScalarNode Key, YamlNode Value)
{
    /// <summary>Whether the entry merges another mapping into this one.</summary>
    public bool IsMerge => Key is { IsPlain: true, Text: "<<" };
}
