using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Holdfast.Node.Yaml;

/// <summary>
/// Text to nodes with their places, from the library's event parser. Bounds nesting and alias expansion while reading,
/// because the file may be anybody's. Serves one reading on one thread.
/// </summary>
internal sealed class YamlComposer
{
    /// <summary>A kubelet's configuration is five levels deep.</summary>
    private const int MaxDepth = 64;

    /// <summary>A full edgecore.yaml has three hundred values.</summary>
    private const int MaxNodes = 100_000;

    private readonly string text;
    private readonly Parser parser;
    private readonly Dictionary<string, YamlNode> anchors = new(StringComparer.Ordinal);
    private int nodes;

    private YamlComposer(string text)
    {
        this.text = text;
        parser = new Parser(new StringReader(text));
    }

    /// <summary>The roots of all documents of the text; null for one that is empty.</summary>
    /// <exception cref="YamlRefusedException">It is not YAML, or beyond the bounds.</exception>
    public static IReadOnlyList<YamlNode> Compose(string text)
    {
        RefuseControlCharacters(text);
        try
        {
            return new YamlComposer(text).ComposeStream();
        }
        catch (YamlException e)
        {
            throw new YamlRefusedException((int)e.Start.Line, (int)e.Start.Column, Cause(e));
        }
        catch (Exception e) when (e is not YamlRefusedException and not OutOfMemoryException)
        {
            // The scanner is not ours: what it throws on text that it did not foresee is an error of the text.
            throw new YamlRefusedException(1, 1, e.Message);
        }
    }

    /// <summary>The scanner takes a NUL for the end of the text, so what follows would be lost without a word.</summary>
    private static void RefuseControlCharacters(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsControl(c) && c is not ('\t' or '\n' or '\r' or '\u0085'))
            {
                var (line, column) = YamlLines.Place(text, i);
                throw new YamlRefusedException(line, column, $"control character U+{(int)c:X4} is not allowed in YAML");
            }
        }
    }

    private static string Cause(YamlException e)
    {
        var message = e.Message;
        var dash = message.StartsWith('(') ? message.LastIndexOf(") - ", StringComparison.Ordinal) : -1;
        return (dash < 0 ? message : message[(dash + 4)..]).TrimEnd('.', ':', ' ');
    }

    private List<YamlNode> ComposeStream()
    {
        var documents = new List<YamlNode>();
        parser.Consume<StreamStart>();
        while (!parser.TryConsume<StreamEnd>(out _))
        {
            anchors.Clear();
            parser.Consume<DocumentStart>();
            documents.Add(ComposeNode(0));
            parser.Consume<DocumentEnd>();
        }
        return documents;
    }

    private YamlNode ComposeNode(int depth)
    {
        var next = parser.Consume<ParsingEvent>();
        if (depth > MaxDepth)
        {
            throw Refused(next, $"nested more than {MaxDepth} levels deep");
        }
        Count(1, next);
        YamlNode node = next switch
        {
            Scalar scalar => ComposeScalar(scalar),
            SequenceStart start => ComposeSequence(start, depth),
            MappingStart start => ComposeMapping(start, depth),
            AnchorAlias alias => Resolve(alias),
            _ => throw Refused(next, "a value is missing here"),
        };
        if (next is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            node = node with { Anchor = anchored.Anchor.Value };
            anchors[anchored.Anchor.Value] = node;
        }
        return next is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag }
            ? node with
            {
                Tag = tag.Value,
            }
            : node;
    }

    private YamlScalarNode ComposeScalar(Scalar scalar)
    {
        var start = SkipProperties((int)scalar.Start.Index, (int)scalar.End.Index);
        var span = new YamlSpan(start, Math.Max(start, (int)scalar.End.Index));
        if (scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded)
        {
            span = new YamlSpan(start, EndOfBlock(start, span.End));
        }
        var isPlain = scalar.Style == ScalarStyle.Plain && (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific);
        var value = isPlain ? YamlValue.OfPlain(scalar.Value) : new YamlString(scalar.Value);
        return new YamlScalarNode(span, value, scalar.Value, scalar.Style) { ExpandedSize = 1 };
    }

    /// <summary>Without the line ends behind the last line, unless they are kept as content (<c>|+</c>).</summary>
    private int EndOfBlock(int start, int end)
    {
        var header = text.AsSpan(start, Math.Max(0, text.AsSpan(start, end - start).IndexOfAny('\r', '\n')));
        if (header.Contains('+'))
        {
            return end;
        }
        var trimmed = text.AsSpan(start, end - start).TrimEnd(" \r\n").Length;
        return start + trimmed;
    }

    private YamlSequenceNode ComposeSequence(SequenceStart start, int depth)
    {
        var items = new List<YamlNode>();
        var size = 1;
        SequenceEnd end;
        while (!parser.TryConsume<SequenceEnd>(out end!))
        {
            items.Add(ComposeNode(depth + 1));
            size += items[^1].ExpandedSize;
        }
        var isFlow = start.Style == SequenceStyle.Flow;
        return new YamlSequenceNode(
            Enclosed(start.Start, end, isFlow, items is [.., var last] ? last.Span.End : null),
            new YamlSequence([.. items.Select(i => i.Value)]),
            isFlow,
            items
        )
        {
            ExpandedSize = size,
        };
    }

    private YamlMappingNode ComposeMapping(MappingStart start, int depth)
    {
        var entries = new List<YamlEntry>();
        var values = new Dictionary<string, YamlValue>(StringComparer.Ordinal);
        var size = 1;
        MappingEnd end;
        while (!parser.TryConsume<MappingEnd>(out end!))
        {
            var at = parser.Current!;
            if (ComposeNode(depth + 1) is not YamlScalarNode key)
            {
                throw Refused(at, "a key that is no simple word is not understood");
            }
            var value = ComposeNode(depth + 1);
            size += 1 + value.ExpandedSize;
            if (!values.TryAdd(key.Text, value.Value))
            {
                throw Refused(at, $"the key \"{key.Text}\" is there twice");
            }
            entries.Add(new YamlEntry(key, new YamlSpan((int)at.Start.Index, key.Span.End), value));
        }
        var isFlow = start.Style == MappingStyle.Flow;
        return new YamlMappingNode(
            Enclosed(start.Start, end, isFlow, entries is [.., var last] ? last.Span.End : null),
            new YamlMapping(values),
            isFlow,
            entries
        )
        {
            ExpandedSize = size,
        };
    }

    /// <summary>The end mark of a block collection lies behind the comments and empty lines that follow it.</summary>
    private YamlSpan Enclosed(Mark start, ParsingEvent end, bool isFlow, int? lastEnd)
    {
        var from = SkipProperties((int)start.Index, (int)end.End.Index);
        // The mark of a closing bracket is before it.
        return new YamlSpan(from, isFlow ? (int)end.Start.Index + 1 : Math.Max(from, lastEnd ?? from));
    }

    /// <summary>Over <c>&amp;anchor</c> and <c>!tag</c>, which the library counts to the node.</summary>
    private int SkipProperties(int start, int end)
    {
        var at = start;
        while (at < end && text[at] is '&' or '!')
        {
            while (at < end && text[at] is not (' ' or '\t' or '\r' or '\n'))
            {
                at++;
            }
            while (at < end && text[at] is ' ' or '\t' or '\r' or '\n' or '#')
            {
                at = text[at] == '#' ? YamlLines.End(text, at) : at + 1;
            }
        }
        return at;
    }

    private YamlAliasNode Resolve(AnchorAlias alias)
    {
        if (!anchors.TryGetValue(alias.Value.Value, out var target))
        {
            throw Refused(alias, $"no anchor &{alias.Value.Value} before this alias");
        }
        Count(target.ExpandedSize, alias);
        var span = new YamlSpan((int)alias.Start.Index, (int)alias.End.Index);
        return new YamlAliasNode(span, target.Value, target) { ExpandedSize = target.ExpandedSize };
    }

    private void Count(int more, ParsingEvent at)
    {
        nodes += more;
        if (nodes > MaxNodes)
        {
            throw Refused(at, $"more than {MaxNodes} values, aliases counted each time");
        }
    }

    private static YamlRefusedException Refused(ParsingEvent at, string message) =>
        new((int)at.Start.Line, (int)at.Start.Column, message);
}
