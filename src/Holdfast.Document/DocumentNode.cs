namespace Holdfast.Document;

/// <summary>A YAML node with its place. Immutable once composed. An alias shares the node of its anchor.</summary>
internal abstract record DocumentNode(int Line, int Column)
{
    /// <summary>How many nodes a walk meets here, aliases counted each time; bounds what an alias bomb may cost.</summary>
    public required int ExpandedSize { get; init; }

    /// <summary>What a person would call this.</summary>
    public abstract string Noun { get; }
}

internal sealed record DocumentScalar(int Line, int Column, string Text, bool IsPlain) : DocumentNode(Line, Column)
{
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL" && IsPlain;

    public bool IsBoolean => IsPlain && Text is "true" or "false" or "True" or "False" or "TRUE" or "FALSE" && IsPlain;

    public bool IsNumber => IsPlain && YamlNumber.Looks(Text);

    public override string Noun =>
        IsNull ? "nothing"
        : IsBoolean ? "true or false"
        : IsNumber ? "a number"
        : "a string";
}

internal sealed record DocumentSequence(int Line, int Column, IReadOnlyList<DocumentNode> Items)
    : DocumentNode(Line, Column)
{
    public override string Noun => "a list";
}

/// <summary>A mapping; keys are scalars and unique (what was not has been reported by the composer).</summary>
internal sealed record DocumentMapping(int Line, int Column, IReadOnlyList<DocumentEntry> Entries)
    : DocumentNode(Line, Column)
{
    public override string Noun => "a mapping";
}

internal sealed record DocumentEntry(DocumentScalar Key, DocumentNode Value);

/// <summary>Numbers of YAML 1.2's core schema.</summary>
internal static class YamlNumber
{
    public static bool Looks(string text)
    {
        if (text.Length == 0)
        {
            return false;
        }
        if (text.StartsWith("0x", StringComparison.Ordinal) || text.StartsWith("0o", StringComparison.Ordinal))
        {
            return text.Length > 2 && text.AsSpan(2).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0;
        }
        return text.AsSpan().IndexOfAnyExcept("+-.0123456789eE") < 0
            && double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out _);
    }
}
