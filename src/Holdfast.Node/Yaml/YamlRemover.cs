namespace Holdfast.Node.Yaml;

/// <summary>Gives the text without one entry of a mapping. Pure.</summary>
internal static class YamlRemover
{
    public static string Remove(YamlDocument document, YamlPath path)
    {
        var mapping = (YamlMappingNode)document.Find(path.Take(path.Count - 1))!;
        var text = document.Body;
        var number = mapping.Entries.ToList().FindIndex(e => e.Key.Text == path.Last);
        if (mapping.Entries.Count == 1)
        {
            return Without(text, mapping.IsFlow ? mapping.Span : mapping.Entries[0].Span, "{}");
        }
        return mapping.IsFlow ? FromBraces(text, mapping, number) : FromLines(text, mapping, number);
    }

    private static string FromLines(string text, YamlMappingNode mapping, int number)
    {
        var entry = mapping.Entries[number];
        var start = YamlLines.Start(text, entry.KeySpan.Start);
        if (!text.AsSpan(start, entry.KeySpan.Start - start).Trim(' ').IsEmpty)
        {
            // The first key behind the dash of a list: the next one takes its place.
            return Without(text, new YamlSpan(entry.KeySpan.Start, mapping.Entries[number + 1].KeySpan.Start), "");
        }
        var isAtStart = entry.Span.End > 0 && text[entry.Span.End - 1] == '\n';
        return Without(
            text,
            new YamlSpan(start, isAtStart ? entry.Span.End : YamlLines.Next(text, entry.Span.End)),
            ""
        );
    }

    /// <summary>With the comma behind it, or, of the last one, the comma before it.</summary>
    private static string FromBraces(string text, YamlMappingNode mapping, int number)
    {
        var entry = mapping.Entries[number];
        if (number + 1 < mapping.Entries.Count)
        {
            return Without(text, new YamlSpan(entry.KeySpan.Start, mapping.Entries[number + 1].KeySpan.Start), "");
        }
        return Without(text, new YamlSpan(mapping.Entries[number - 1].Span.End, entry.Span.End), "");
    }

    private static string Without(string text, YamlSpan span, string instead) =>
        string.Concat(text.AsSpan(0, span.Start), instead, text.AsSpan(span.End));
}
