using System.Text;

namespace Holdfast.Node.Yaml;

/// <summary>Finds the place where a value belongs and gives the text with it. Pure.</summary>
internal static class YamlSetter
{
    public static string Set(YamlDocument document, YamlPath path, YamlValue value)
    {
        if (document.Find(path) is { } present)
        {
            return Replace(document, path, present, value);
        }
        var depth = path.Count - 1;
        while (depth > 0 && document.Find(path.Take(depth)) is null)
        {
            depth--;
        }
        var rest = path.Skip(depth);
        return document.Find(path.Take(depth)) switch
        {
            YamlMappingNode { IsFlow: true } braces => IntoBraces(document.Body, braces, rest, value),
            YamlMappingNode mapping => BelowLast(document.Body, mapping, rest, value),
            YamlScalarNode { Value: YamlNull } nothing => IntoNothing(document, path.Take(depth), nothing, rest, value),
            null => AtEnd(document.Body, Lines(document.Body, "", rest, value)),
            var other => throw document.Cannot(
                "set",
                path,
                other.Span.Start,
                $"{path.Take(depth)} is not a mapping (key: value)"
            ),
        };
    }

    private static string Replace(YamlDocument document, YamlPath path, YamlNode present, YamlValue value)
    {
        if (present.Tag is { } tag)
        {
            throw document.Cannot("set", path, present.Span.Start, $"the value has a tag ({tag}); remove that first");
        }
        if (present is YamlMappingNode { IsFlow: false } or YamlSequenceNode { IsFlow: false })
        {
            throw document.Cannot(
                "set",
                path,
                present.Span.Start,
                "a mapping or list is there; it would have to be removed first"
            );
        }
        var written = YamlText.Of(value, present is YamlScalarNode scalar ? scalar.Style : default);
        if (present is YamlScalarNode { IsBlock: true } && document.Body[present.Span.End - 1] == '\n')
        {
            written += YamlLines.LineEnd(document.Body);
        }
        // Behind the colon of "key:", with or without a comment.
        var isAbsent = present is YamlScalarNode { IsAbsent: true };
        return Splice(
            document.Body,
            present.Span,
            isAbsent ? SpacedAt(document.Body, present.Span.Start, written) : written
        );
    }

    private static string SpacedAt(string text, int position, string written)
    {
        var before = position > 0 && text[position - 1] is not (' ' or '\n') ? " " : "";
        var after =
            position < text.Length && text[position] is not (' ' or '\t' or '\r' or '\n' or ',' or '}' or ']')
                ? " "
                : "";
        return before + written + after;
    }

    private static string IntoBraces(string text, YamlMappingNode braces, YamlPath rest, YamlValue value)
    {
        var written = $"{YamlText.OfKey(rest[0])}: {YamlText.Of(Nested(rest, value))}";
        return braces.Entries is [.., var last]
            ? text.Insert(last.Span.End, $", {written}")
            : Splice(text, braces.Span, $"{{{written}}}");
    }

    private static string BelowLast(string text, YamlMappingNode mapping, YamlPath rest, YamlValue value)
    {
        var indent = YamlLines.Indent(text, mapping.Entries[0].KeySpan.Start);
        return InsertBelow(text, mapping.Span.End, Lines(text, indent, rest, value));
    }

    /// <summary>A key with nothing behind it becomes a mapping; so does a document of comments only.</summary>
    private static string IntoNothing(
        YamlDocument document,
        YamlPath at,
        YamlScalarNode nothing,
        YamlPath rest,
        YamlValue value
    )
    {
        var text = document.Body;
        if (at.Count == 0)
        {
            return nothing.IsAbsent
                ? InsertBelow(text, nothing.Span.End, Lines(text, "", rest, value))
                : Splice(text, nothing.Span, YamlText.Of(YamlMapping.With(null, rest, value)));
        }
        if (!nothing.IsAbsent || document.Find(at.Take(at.Count - 1)) is not YamlMappingNode { IsFlow: false } holder)
        {
            var written = YamlText.Of(YamlMapping.With(null, rest, value));
            return Splice(text, nothing.Span, nothing.IsAbsent ? SpacedAt(text, nothing.Span.Start, written) : written);
        }
        var indent = YamlLines.Indent(text, holder.Entries[0].KeySpan.Start) + Step(document.RootNode, text);
        return InsertBelow(text, holder.Find(at.Last)!.Span.End, Lines(text, indent, rest, value));
    }

    private static YamlValue Nested(YamlPath rest, YamlValue value) =>
        rest.Count == 1 ? value : YamlMapping.With(null, rest.Skip(1), value);

    /// <summary>One line per segment, each deeper than the one before, without the last line end.</summary>
    private static string Lines(string text, string indent, YamlPath rest, YamlValue value)
    {
        var lines = new StringBuilder();
        var lineEnd = YamlLines.LineEnd(text);
        const string step = "  ";
        for (var i = 0; i < rest.Count; i++)
        {
            lines.Append(indent).Append(YamlText.OfKey(rest[i])).Append(':');
            if (i < rest.Count - 1)
            {
                lines.Append(lineEnd);
                indent += step;
            }
        }
        return lines.Append(' ').Append(YamlText.Of(value)).ToString();
    }

    /// <summary>As deep as the first mapping of this file that has another in it.</summary>
    private static string Step(YamlNode? root, string text)
    {
        var queue = new Queue<YamlNode?>([root]);
        while (queue.TryDequeue(out var node))
        {
            if (node is not YamlMappingNode { IsFlow: false } mapping)
            {
                continue;
            }
            foreach (var value in mapping.Entries.Select(e => e.Value))
            {
                if (value is YamlMappingNode { IsFlow: false } inner)
                {
                    var outerIndent = YamlLines.Indent(text, mapping.Entries[0].KeySpan.Start).Length;
                    var innerIndent = YamlLines.Indent(text, inner.Entries[0].KeySpan.Start).Length;
                    return innerIndent > outerIndent ? new string(' ', innerIndent - outerIndent) : "  ";
                }
                queue.Enqueue(value);
            }
        }
        return "  ";
    }

    private static string InsertBelow(string text, int position, string lines)
    {
        var lineEnd = YamlLines.LineEnd(text);
        // A block scalar that keeps its line ends (|+) ends at the beginning of a line.
        var isAtStart = position > 0 && text[position - 1] == '\n';
        var next = isAtStart ? position : YamlLines.Next(text, position);
        var before = next > 0 && text[next - 1] != '\n' ? lineEnd : "";
        return text.Insert(next, $"{before}{lines}{lineEnd}");
    }

    private static string AtEnd(string text, string lines)
    {
        var lineEnd = YamlLines.LineEnd(text);
        return $"{text}{(text.Length == 0 || text[^1] == '\n' ? "" : lineEnd)}{lines}{lineEnd}";
    }

    private static string Splice(string text, YamlSpan span, string written) =>
        string.Concat(text.AsSpan(0, span.Start), written, text.AsSpan(span.End));
}
