using System.Text;

namespace Holdfast.Node.Toml;

/// <summary>Gives the text without a key, a table or an item. Pure.</summary>
internal static class TomlRemover
{
    public static string Remove(TomlDocument document, TomlPath path)
    {
        var spans = new List<TomlSpan>();
        foreach (var section in document.Sections)
        {
            if (section.Path.Count > 0 && section.Path.StartsWith(path))
            {
                spans.Add(WholeLines(document.Text, new TomlSpan(section.Header.Start, section.End)));
            }
            else if (path.StartsWith(section.Path) && !IsOlderElement(document, section))
            {
                var key = path.Skip(section.Path.Count);
                foreach (var statement in section.Statements)
                {
                    if (statement.Path.StartsWith(key))
                    {
                        spans.Add(WholeLines(document.Text, statement.Span));
                    }
                    else if (key.StartsWith(statement.Path))
                    {
                        AddFromBraces(spans, document.Text, statement.Value, key.Skip(statement.Path.Count));
                    }
                }
            }
        }
        return Without(document.Text, spans);
    }

    public static string RemoveItem(string text, TomlArrayNode array, int index)
    {
        var item = array.Items[index].Span;
        if (index + 1 < array.Items.Count)
        {
            // Up to the next item, unless comments stand between: then only up to the comma.
            var between = text[item.End..array.Items[index + 1].Span.Start];
            var end = between.Contains('#', StringComparison.Ordinal)
                ? item.End + CommaIn(between) + 1
                : array.Items[index + 1].Span.Start;
            return text.Remove(item.Start, end - item.Start);
        }
        // The last: its own trailing comma goes, or the comma before it.
        var after = text[item.End..(array.Span.End - 1)];
        var comma = CommaIn(after);
        if (comma >= 0)
        {
            return text.Remove(item.Start, item.End + comma + 1 - item.Start);
        }
        if (index == 0)
        {
            return text.Remove(item.Start, item.End - item.Start);
        }
        var previous = array.Items[index - 1].Span;
        var gap = text[previous.End..item.Start];
        var before = previous.End + CommaIn(gap);
        return gap.Contains('#', StringComparison.Ordinal)
            ? text.Remove(item.Start, item.End - item.Start)
            : text.Remove(before, item.End - before);
    }

    /// <summary>Paths lead to the last element of an array of tables only by their header; keys of elements have no path.</summary>
    private static bool IsOlderElement(TomlDocument document, TomlSection section) =>
        Enumerable
            .Range(1, section.Path.Count)
            .Any(n => document.Find(new TomlPath([.. section.Path.Segments.Take(n)])) is not TomlTableNode);

    private static void AddFromBraces(List<TomlSpan> spans, string text, TomlNode node, TomlPath key)
    {
        if (node is not TomlTableNode { Kind: TomlTableKind.Inline } braces || key.Count == 0)
        {
            return;
        }
        var gone = new List<int>();
        for (var i = 0; i < braces.Entries.Count; i++)
        {
            var entry = braces.Entries[i];
            if (entry.Path.StartsWith(key))
            {
                gone.Add(i);
            }
            else if (key.StartsWith(entry.Path))
            {
                AddFromBraces(spans, text, entry.Value, key.Skip(entry.Path.Count));
            }
        }
        if (gone.Count == braces.Entries.Count && gone.Count > 0)
        {
            spans.Add(new TomlSpan(braces.Entries[0].Span.Start, braces.Entries[^1].Span.End));
            return;
        }
        var firstKept = Enumerable.Range(0, braces.Entries.Count).FirstOrDefault(i => !gone.Contains(i));
        foreach (var i in gone)
        {
            // Before the first that stays: with the comma behind; after it: with the comma before.
            spans.Add(
                i < firstKept
                    ? new TomlSpan(braces.Entries[i].Span.Start, braces.Entries[i + 1].Span.Start)
                    : new TomlSpan(braces.Entries[i - 1].Span.End, braces.Entries[i].Span.End)
            );
        }
    }

    /// <summary>Index of the comma in what stands between two items: white space and comments besides.</summary>
    private static int CommaIn(string between)
    {
        for (var i = 0; i < between.Length; i++)
        {
            if (between[i] == ',')
            {
                return i;
            }
            if (between[i] == '#')
            {
                i = between.IndexOf('\n', i);
                if (i < 0)
                {
                    return -1;
                }
            }
        }
        return -1;
    }

    private static TomlSpan WholeLines(string text, TomlSpan span)
    {
        var start = span.Start == 0 ? 0 : text.LastIndexOf('\n', span.Start - 1) + 1;
        if (start == 0 && text.StartsWith('\uFEFF'))
        {
            start = 1;
        }
        var end = text.IndexOf('\n', span.End);
        return new TomlSpan(start, end < 0 ? text.Length : end + 1);
    }

    private static string Without(string text, List<TomlSpan> spans)
    {
        var result = new StringBuilder();
        var at = 0;
        foreach (var span in spans.OrderBy(s => s.Start))
        {
            result.Append(text, at, span.Start - at);
            at = span.End;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }
}
