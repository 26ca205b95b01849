using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Holdfast.Document;

/// <summary>
/// Text to nodes with places. It stands on the event parser rather than on a library's object model because the text
/// may be hostile: nesting, size and alias expansion are bounded while reading, before anything recurses.
/// </summary>
internal sealed class DocumentComposer
{
    /// <summary>The document itself is eight levels deep.</summary>
    private const int MaxDepth = 32;

    /// <summary>Nodes, aliases counted each time they are used; a document with a thousand hosts has five thousand.</summary>
    private const int MaxNodes = 50_000;

    private readonly Parser parser;
    private readonly List<DocumentError> errors;
    private readonly Dictionary<string, DocumentNode> anchors = new(StringComparer.Ordinal);
    private int nodes;

    private DocumentComposer(string text, List<DocumentError> errors)
    {
        parser = new Parser(new StringReader(text));
        this.errors = errors;
    }

    /// <summary>The root node, or null when the text is no YAML (then the reason is in <paramref name="errors"/>).</summary>
    public static DocumentNode? Compose(string text, List<DocumentError> errors)
    {
        if (text.StartsWith('\uFEFF'))
        {
            text = text[1..];
        }
        if (ReportControlCharacter(text, errors))
        {
            return null;
        }
        try
        {
            return new DocumentComposer(text, errors).ComposeDocument();
        }
        catch (RefusedException e)
        {
            errors.Add(new DocumentError(e.Line, e.Column, "", e.Message));
        }
        catch (YamlException e)
        {
            errors.Add(new DocumentError((int)e.Start.Line, (int)e.Start.Column, "", $"this is not YAML: {Cause(e)}"));
        }
#pragma warning disable CA1031 // The scanner is not ours: what it throws on text that it did not foresee is an error of the text.
        catch (Exception e)
#pragma warning restore CA1031
        {
            errors.Add(new DocumentError(1, 1, "", $"this is not YAML: {e.Message}"));
        }
        return null;
    }

    /// <summary>The scanner takes a NUL for the end of the text, so what follows would be ignored without a word.</summary>
    private static bool ReportControlCharacter(string text, List<DocumentError> errors)
    {
        var line = 1;
        var lineStart = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n')
            {
                line++;
                lineStart = i + 1;
            }
            else if (c is not ('\t' or '\r') && char.IsControl(c) && c != '\u0085')
            {
                errors.Add(
                    new DocumentError(
                        line,
                        i - lineStart + 1,
                        "",
                        $"control character U+{(int)c:X4} is not allowed in YAML"
                    )
                );
                return true;
            }
        }
        return false;
    }

    private static string Cause(YamlException e)
    {
        // YamlDotNet wraps its own words in "(Line: 1, Col: 2, Idx: 3) - ...": the place is told by us already.
        var text = e.Message;
        var dash = text.StartsWith('(') ? text.LastIndexOf(") - ", StringComparison.Ordinal) : -1;
        return (dash < 0 ? text : text[(dash + 4)..]).TrimEnd('.', ':', ' ');
    }

    private DocumentNode? ComposeDocument()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            errors.Add(new DocumentError(1, 1, "", "the document is empty; leave it out to get the default one"));
            return null;
        }
        parser.Consume<DocumentStart>();
        var root = ComposeNode(0);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
        {
            errors.Add(
                new DocumentError(
                    (int)second.Start.Line,
                    (int)second.Start.Column,
                    "",
                    "a second document begins here; a node has one document"
                )
            );
        }
        return root;
    }

    private DocumentNode ComposeNode(int depth)
    {
        var next = parser.Consume<ParsingEvent>();
        var (line, column) = ((int)next.Start.Line, (int)next.Start.Column);
        if (depth > MaxDepth)
        {
            throw new RefusedException(line, column, $"nested more than {MaxDepth} levels deep");
        }
        Count(1, line, column);
        ReportTag(next, line, column);
        var node = next switch
        {
            Scalar scalar => ComposeScalar(scalar, line, column),
            SequenceStart => ComposeSequence(line, column, depth),
            MappingStart => ComposeMapping(line, column, depth),
            AnchorAlias alias => Resolve(alias, line, column),
            _ => throw new RefusedException(line, column, "a value is missing here"),
        };
        if (next is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            anchors[anchored.Anchor.Value] = node;
        }
        return node;
    }

    private void ReportTag(ParsingEvent next, int line, int column)
    {
        if (
            next is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag }
            && !tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal)
        )
        {
            errors.Add(
                new DocumentError(line, column, "", $"the tag {DocumentMap.Shown(tag.Value)} means nothing here")
            );
        }
    }

    private static DocumentScalar ComposeScalar(Scalar scalar, int line, int column)
    {
        var isPlain = scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty;
        return new DocumentScalar(line, column, scalar.Value, isPlain) { ExpandedSize = 1 };
    }

    private DocumentSequence ComposeSequence(int line, int column, int depth)
    {
        var items = new List<DocumentNode>();
        var size = 1;
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ComposeNode(depth + 1));
            size += items[^1].ExpandedSize;
        }
        return new DocumentSequence(line, column, items) { ExpandedSize = size };
    }

    private DocumentMapping ComposeMapping(int line, int column, int depth)
    {
        var entries = new List<DocumentEntry>();
        var seen = new Dictionary<string, DocumentScalar>(StringComparer.Ordinal);
        var size = 1;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ComposeNode(depth + 1);
            var value = ComposeNode(depth + 1);
            size += key.ExpandedSize + value.ExpandedSize;
            if (key is not DocumentScalar name)
            {
                errors.Add(new DocumentError(key.Line, key.Column, "", $"a key must be a string, not {key.Noun}"));
            }
            else if (!seen.TryAdd(name.Text, name))
            {
                var first = seen[name.Text];
                errors.Add(
                    new DocumentError(
                        name.Line,
                        name.Column,
                        "",
                        $"the key \"{DocumentMap.Shown(name.Text)}\" is there twice; the first is in line {first.Line}"
                    )
                );
            }
            else
            {
                entries.Add(new DocumentEntry(name, value));
            }
        }
        return new DocumentMapping(line, column, entries) { ExpandedSize = size };
    }

    private DocumentNode Resolve(AnchorAlias alias, int line, int column)
    {
        if (!anchors.TryGetValue(alias.Value.Value, out var node))
        {
            throw new RefusedException(
                line,
                column,
                $"no anchor &{DocumentMap.Shown(alias.Value.Value)} before this alias"
            );
        }
        Count(node.ExpandedSize, line, column);
        return node;
    }

    private void Count(int more, int line, int column)
    {
        nodes += more;
        if (nodes > MaxNodes)
        {
            throw new RefusedException(line, column, $"more than {MaxNodes} values, aliases counted each time");
        }
    }

    /// <summary>Ends the reading at a bound; never leaves this class.</summary>
    private sealed class RefusedException(int line, int column, string message) : Exception(message)
    {
        public int Line { get; } = line;
        public int Column { get; } = column;
    }
}
