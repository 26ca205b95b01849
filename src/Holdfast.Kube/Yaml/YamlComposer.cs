using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Holdfast.Kube;

/// <summary>
/// Builds nodes from the library's events rather than from its object model, so that nesting, size and aliases are bounded before
/// anything recurses. One use per instance; not thread-safe.
/// </summary>
internal sealed class YamlComposer
{
    /// <summary>Text, numbers, lists and so on; a reader of JSON knows no others.</summary>
    private const string StandardTags = "tag:yaml.org,2002:";

    private readonly string _text;
    private readonly YamlBounds _bounds;
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly List<YamlFault> _faults = [];
    private readonly Dictionary<AnchorName, YamlNode> _anchors = [];
    private int _nodes;
    private YamlMark _lastEnd;

    public YamlComposer(string text, YamlBounds bounds)
    {
        _text = text;
        _bounds = bounds;
        _scanner = new Scanner(new StringReader(text));
        _parser = new Parser(_scanner);
    }

    public YamlStream Compose()
    {
        try
        {
            return new YamlStream(Documents(), _faults);
        }
        catch (KubeException e)
        {
            _faults.Add(new YamlFault(e.Line!.Value, e.Column!.Value, e.Problem!));
        }
#pragma warning disable CA1031 // The library lets exceptions of its own defects out on broken text: they are faults of the text.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _faults.Add(YamlFault.Of(_text, e, YamlMark.Of(_scanner.CurrentPosition)));
        }
        return new YamlStream([], _faults);
    }

    private List<YamlNode> Documents()
    {
        var documents = new List<YamlNode>();
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            _anchors.Clear();
            documents.Add(Node(0));
            _parser.Consume<DocumentEnd>();
        }
        return documents;
    }

    private YamlNode Node(int depth)
    {
        var next = _parser.Consume<ParsingEvent>();
        var start = YamlMark.Of(next.Start);
        if (next is Scalar or AnchorAlias)
            _lastEnd = YamlMark.Of(next.End);
        Count(1, depth, start);
        YamlNode node = next switch
        {
            AnchorAlias alias => Alias(alias, depth, start),
            Scalar scalar => new YamlScalarNode(start, YamlMark.Of(scalar.End), scalar.Value, StyleOf(scalar.Style)),
            SequenceStart sequence => Sequence(sequence, depth),
            MappingStart mapping => Mapping(mapping, depth),
            _ => throw YamlFault.At(start, "a value is missing here").ToException(),
        };
        if (next is not NodeEvent { Anchor: var anchor, Tag: var tag } || next is AnchorAlias)
            return node;
        if (!tag.IsEmpty)
        {
            node = node with { Tag = tag.Value };
            if (!tag.IsNonSpecific && !tag.Value.StartsWith(StandardTags, StringComparison.Ordinal))
                Report(node, $"the tag {Shown(tag.Value)} is not known");
        }
        if (!anchor.IsEmpty)
            _anchors[anchor] = node = node with { IsAnchored = true };
        return node;
    }

    private YamlNode Alias(AnchorAlias alias, int depth, YamlMark start)
    {
        if (!_anchors.TryGetValue(alias.Value, out var anchored))
            throw YamlFault.At(start, $"no anchor &{alias.Value.Value} is before this alias").ToException();
        Count(anchored.Size, depth + anchored.Height, start);
        return anchored;
    }

    private YamlSequenceNode Sequence(SequenceStart start, int depth)
    {
        var items = new List<YamlNode>();
        SequenceEnd end;
        while (!_parser.TryConsume<SequenceEnd>(out end!))
            items.Add(Node(depth + 1));
        var isFlow = start.Style == SequenceStyle.Flow;
        return new YamlSequenceNode(YamlMark.Of(start.Start), EndOf(end, isFlow), items, isFlow)
        {
            Size = 1 + items.Sum(item => item.Size),
            Height = HeightOf(items),
        };
    }

    private YamlMappingNode Mapping(MappingStart start, int depth)
    {
        var entries = new List<YamlEntry>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        MappingEnd end;
        while (!_parser.TryConsume<MappingEnd>(out end!))
        {
            var key = Node(depth + 1);
            var value = Node(depth + 1);
            if (key is not YamlScalarNode scalar)
                Report(key, $"a key must be a string, not a {(key is YamlMappingNode ? "mapping" : "list")}");
            else if (
                new YamlEntry(scalar, value) is var entry
                && !entry.IsMerge
                && !lines.TryAdd(scalar.Text, key.Line)
            )
                Report(
                    key,
                    $"the key \"{Shown(scalar.Text)}\" is there twice; the first is in line {lines[scalar.Text]}"
                );
            else
                entries.Add(entry);
        }
        var isFlow = start.Style == MappingStyle.Flow;
        List<YamlNode> values = [.. entries.Select(entry => entry.Value)];
        return new YamlMappingNode(YamlMark.Of(start.Start), EndOf(end, isFlow), entries, isFlow)
        {
            Size = 1 + values.Sum(value => 1 + value.Size),
            Height = HeightOf(values),
        };
    }

    /// <summary>
    /// The library ends a block behind the comments that follow it, and brackets before the closing one. A block ends with the last
    /// thing in it, which is not always the end of its last value: that of an alias is elsewhere.
    /// </summary>
    private YamlMark EndOf(ParsingEvent end, bool isFlow)
    {
        if (isFlow)
        {
            var mark = YamlMark.Of(end.Start);
            _lastEnd = mark with { Column = mark.Column + 1, Index = mark.Index + 1 };
        }
        return _lastEnd;
    }

    private static int HeightOf(List<YamlNode> values) =>
        1 + values.Select(value => value.Height).DefaultIfEmpty().Max();

    private void Count(int more, int depth, YamlMark at)
    {
        if (depth > _bounds.Depth)
            throw YamlFault.At(at, $"nested more than {_bounds.Depth} levels deep").ToException();
        _nodes += more;
        if (_nodes > _bounds.Nodes)
            throw YamlFault.At(at, $"more than {_bounds.Nodes} values, aliases counted each time").ToException();
    }

    private void Report(YamlNode at, string problem) => _faults.Add(YamlFault.At(at.Start, problem));

    /// <summary>A key as a message shows it: on one line, and not longer than one.</summary>
    private static string Shown(string text)
    {
        const int Longest = 60;
        var oneLine = string.Concat(text.Take(Longest).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return text.Length <= Longest ? oneLine : $"{oneLine}...";
    }

    private static YamlStyle StyleOf(ScalarStyle style) =>
        style switch
        {
            ScalarStyle.SingleQuoted => YamlStyle.SingleQuoted,
            ScalarStyle.DoubleQuoted => YamlStyle.DoubleQuoted,
            ScalarStyle.Literal or ScalarStyle.Folded => YamlStyle.Block,
            _ => YamlStyle.Plain,
        };
}
