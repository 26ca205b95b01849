using Tomlyn.Syntax;

namespace Holdfast.Node.Toml;

/// <summary>Where something stands in the text: from the first character to behind the last.</summary>
internal readonly record struct TomlSpan(int Start, int End)
{
    public static TomlSpan Of(SyntaxNode node) => new(node.Span.Start.Offset, node.Span.End.Offset + 1);
}

/// <summary>One <c>key = value</c>, below a header or within braces.</summary>
/// <param name="Path">Relative to the header or the braces.</param>
/// <param name="Span">From the key's first character to behind the value.</param>
internal sealed record TomlEntry(TomlPath Path, ValueSyntax Value, TomlSpan Span)
{
    public static TomlEntry Of(KeyValueSyntax statement) =>
        new(
            TomlPath.Of(statement.Key!),
            statement.Value!,
            new TomlSpan(TomlSpan.Of(statement.Key!).Start, TomlSpan.Of(statement.Value!).End)
        );

    /// <summary>The innermost value on the way to a path below this entry's value, with what is left of the path.</summary>
    public (ValueSyntax Value, TomlPath Left) FindWritten(TomlPath path)
    {
        var within = (Value as InlineTableSyntax)
            ?.Items.Select(item => Of(item.KeyValue!))
            .FirstOrDefault(entry => path.StartsWith(entry.Path));
        return within?.FindWritten(path.Skip(within.Path.Count)) ?? (Value, path);
    }
}

/// <summary>A header with the entries below it; the first section of a document has none and stands for the root.</summary>
/// <param name="Header">From the opening to behind the closing bracket; empty for the root.</param>
/// <param name="IsElement">Whether the header is <c>[[double]]</c>.</param>
/// <param name="IsWithinArray">Whether it lies in an element of an array of tables, into which no path leads.</param>
internal sealed record TomlSection(
    TomlPath Path,
    TomlSpan Header,
    bool IsElement,
    bool IsWithinArray,
    IReadOnlyList<TomlEntry> Entries
)
{
    /// <summary>Behind the last thing of this section that is not a comment.</summary>
    public int End => Entries is [.., var last] ? last.Span.End : Header.End;

    public static IReadOnlyList<TomlSection> Of(DocumentSyntax document)
    {
        var root = new TomlSection(
            TomlPath.Root,
            default,
            IsElement: false,
            IsWithinArray: false,
            [.. document.KeyValues.Select(TomlEntry.Of)]
        );
        var sections = new List<TomlSection> { root };
        var arrays = new List<TomlPath>();
        foreach (var table in document.Tables)
        {
            var path = TomlPath.Of(table.Name!);
            var isElement = table is TableArraySyntax;
            if (isElement)
            {
                arrays.Add(path);
            }
            sections.Add(
                new TomlSection(
                    path,
                    new TomlSpan(TomlSpan.Of(table.OpenBracket!).Start, TomlSpan.Of(table.CloseBracket!).End),
                    isElement,
                    arrays.Any(path.StartsWith),
                    [.. table.Items.Select(TomlEntry.Of)]
                )
            );
        }
        return sections;
    }
}
