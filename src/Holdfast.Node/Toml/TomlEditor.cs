using Tomlyn.Syntax;

namespace Holdfast.Node.Toml;

/// <summary>Finds the place where a value belongs, or what stands for one, and gives the text with the change.</summary>
internal static class TomlEditor
{
    public static string Set(TomlDocument document, TomlPath path, TomlValue value)
    {
        var written = document.FindWritten(path);
        if (written is { Left.Count: 0 } place)
        {
            return Splice(document.Body, TomlSpan.Of(place.Value), value.ToString());
        }
        if (document.Get(path) is not null)
        {
            throw document.CannotSet(path, "a table is there; it would have to be removed first");
        }
        var known = path.Parent;
        while (document.Get(known) is null)
        {
            known = known.Parent;
        }
        if (document.Get(known) is not TomlTable)
        {
            throw document.CannotSet(path, $"{known} is not a table");
        }
        return written is { Value: InlineTableSyntax braces, Left: var key }
            ? IntoBraces(document.Body, braces, key, value)
            : IntoSection(document, path, known, value);
    }

    public static string Remove(string text, ValueSyntax value)
    {
        var statement = (KeyValueSyntax)value.Parent!;
        if (statement.Parent is not InlineTableItemSyntax item)
        {
            return Splice(text, WholeLines(text, TomlEntry.Of(statement).Span), "");
        }
        var items = ((SyntaxList<InlineTableItemSyntax>)item.Parent!).ToList();
        return Cut(text, [.. items.Select(i => (TomlEntry.Of(i.KeyValue!).Span, i.Comma))], items.IndexOf(item));
    }

    public static string RemoveItem(string text, ArraySyntax array, int index) =>
        Cut(text, [.. array.Items.Select(item => (TomlSpan.Of(item.Value!), item.Comma))], index);

    public static string AddItem(string text, ArraySyntax array, TomlValue item) =>
        array.Items.LastOrDefault()?.Value is { } last
            ? text.Insert(TomlSpan.Of(last).End, $", {item}")
            : text.Insert(TomlSpan.Of(array.OpenBracket!).End, item.ToString());

    private static string IntoBraces(string text, InlineTableSyntax braces, TomlPath key, TomlValue value) =>
        braces.Items.LastOrDefault()?.KeyValue is { } last
            ? text.Insert(TomlEntry.Of(last).Span.End, $", {key} = {value}")
            : Splice(text, TomlSpan.Of(braces), $"{{ {key} = {value} }}");

    /// <param name="known">The deepest table on the way that exists.</param>
    private static string IntoSection(TomlDocument document, TomlPath path, TomlPath known, TomlValue value)
    {
        var layout = new TomlLayout(document);
        var sections = document.Sections.Where(s => !s.IsWithinArray && known.StartsWith(s.Path)).ToList();
        // Its own header, where the key is one of that table's; else the header below which dots make the table.
        var holder =
            sections.Find(s => s.Path.Equals(known) && known.Equals(path.Parent))
            ?? sections.Find(s =>
                s.Path.Count < known.Count && s.Entries.Any(e => s.Path.Then(e.Path.Segments).StartsWith(known))
            );
        return holder is null
            ? layout.InsertSection(path, known, value)
            : layout.InsertKey(holder, $"{path.Skip(holder.Path.Count)} = {value}");
    }

    /// <summary>Takes one item with its comma out of an array or of braces. Comments between items stay.</summary>
    private static string Cut(string text, IReadOnlyList<(TomlSpan Span, SyntaxToken? Comma)> items, int index)
    {
        var (span, comma) = items[index];
        if (comma is not null)
        {
            var isLast = index + 1 == items.Count;
            var next = isLast ? span.End : items[index + 1].Span.Start;
            var end =
                isLast || text[span.End..next].Contains('#', StringComparison.Ordinal) ? TomlSpan.Of(comma).End : next;
            return Splice(text, span with { End = end }, "");
        }
        if (index == 0)
        {
            return Splice(text, span, "");
        }
        var before = items[index - 1];
        var hasComment = text[before.Span.End..span.Start].Contains('#', StringComparison.Ordinal);
        return Splice(text, span with { Start = hasComment ? span.Start : TomlSpan.Of(before.Comma!).Start }, "");
    }

    private static TomlSpan WholeLines(string text, TomlSpan span)
    {
        var end = text.IndexOf('\n', span.End);
        return new TomlSpan(
            span.Start == 0 ? 0 : text.LastIndexOf('\n', span.Start - 1) + 1,
            end < 0 ? text.Length : end + 1
        );
    }

    private static string Splice(string text, TomlSpan span, string written) =>
        string.Concat(text.AsSpan(0, span.Start), written, text.AsSpan(span.End));
}
