namespace Holdfast.Node.Toml;

/// <summary>
/// Text to sections and tables, by the rules of TOML 1.0: what may be defined once, and what may be added to. One parser
/// parses one text.
/// </summary>
internal sealed class TomlParser
{
    /// <summary>Brackets within brackets, and parts of a key; deeper text is made to exhaust the stack.</summary>
    private const int MaxDepth = 64;

    private readonly TomlScanner scanner;
    private readonly List<TomlSection> sections = [];
    private readonly TomlTableNode root = new(TomlTableKind.Section);

    private TomlParser(string text) => scanner = new TomlScanner(text);

    /// <exception cref="TomlSyntaxException">At the first thing that is not TOML.</exception>
    public static (TomlTableNode Root, IReadOnlyList<TomlSection> Sections) Parse(string text)
    {
        var parser = new TomlParser(text);
        parser.ParseDocument();
        return (parser.root, parser.sections);
    }

    private void ParseDocument()
    {
        var start = scanner.Position;
        var table = root;
        Open(root, new TomlSection(TomlPath.Root, isElement: false, new TomlSpan(start, start)));
        while (true)
        {
            scanner.SkipLines();
            if (scanner.AtEnd)
            {
                return;
            }
            if (scanner.Current == '[')
            {
                table = ParseHeader();
            }
            else
            {
                ParseStatement(table, sections[^1].Statements, depth: 0);
            }
            scanner.FinishLine();
        }
    }

    private void Open(TomlTableNode table, TomlSection section)
    {
        table.Section = section;
        table.Span = section.Header;
        sections.Add(section);
    }

    private TomlTableNode ParseHeader()
    {
        var start = scanner.Position;
        var isElement = scanner.Take("[[");
        _ = isElement || scanner.Take('[');
        var path = ParseKey();
        if (!scanner.Take(isElement ? "]]" : "]"))
        {
            throw scanner.Error($"{(isElement ? "]]" : "]")} is expected here, not {scanner.Describe()}");
        }
        var header = new TomlSpan(start, scanner.Position);
        var parent = root;
        foreach (var segment in path.Segments.SkipLast(1))
        {
            parent = Descend(parent, segment, header.Start);
        }
        var table = isElement ? AddElement(parent, path, start) : DefineTable(parent, path, start);
        Open(table, new TomlSection(path, isElement, header));
        return table;
    }

    /// <summary>One step towards a header's table.</summary>
    private TomlTableNode Descend(TomlTableNode parent, string segment, int position)
    {
        if (!parent.Children.TryGetValue(segment, out var child))
        {
            var made = new TomlTableNode(TomlTableKind.Implicit);
            parent.Children.Add(segment, made);
            return made;
        }
        return child switch
        {
            TomlTableNode { Kind: not TomlTableKind.Inline } table => table,
            TomlTableArrayNode array => array.Items[^1],
            _ => throw scanner.Error(
                $"{TomlText.OfKey(segment)} is a value already and cannot be a table too",
                position
            ),
        };
    }

    private TomlTableNode DefineTable(TomlTableNode parent, TomlPath path, int position)
    {
        if (!parent.Children.TryGetValue(path.Last, out var existing))
        {
            var made = new TomlTableNode(TomlTableKind.Section);
            parent.Children.Add(path.Last, made);
            return made;
        }
        if (existing is TomlTableNode { Kind: TomlTableKind.Implicit } table)
        {
            table.Kind = TomlTableKind.Section;
            return table;
        }
        throw scanner.Error($"{path} is defined already", position);
    }

    private TomlTableNode AddElement(TomlTableNode parent, TomlPath path, int position)
    {
        if (!parent.Children.TryGetValue(path.Last, out var existing))
        {
            existing = new TomlTableArrayNode();
            parent.Children.Add(path.Last, existing);
        }
        if (existing is not TomlTableArrayNode array)
        {
            throw scanner.Error($"{path} is defined already, and not as an array of tables", position);
        }
        var element = new TomlTableNode(TomlTableKind.Section);
        array.Items.Add(element);
        return element;
    }

    private TomlPath ParseKey()
    {
        var start = scanner.Position;
        var path = scanner.Key();
        return path.Count <= MaxDepth ? path : throw scanner.Error($"a key of more than {MaxDepth} parts", start);
    }

    /// <summary>A key with its value, below a header or within braces.</summary>
    private void ParseStatement(TomlTableNode holder, List<TomlStatement> statements, int depth)
    {
        var start = scanner.Position;
        var path = ParseKey();
        if (!scanner.Take('='))
        {
            throw scanner.Error($"= is expected here, not {scanner.Describe()}");
        }
        scanner.SkipSpace();
        var value = ParseValue(depth + path.Count - 1);
        var table = holder;
        for (var i = 0; i < path.Count - 1; i++)
        {
            table = DescendDots(holder, table, new TomlPath([.. path.Segments.Take(i + 1)]), start);
        }
        if (!table.Children.TryAdd(path.Last, value))
        {
            throw scanner.Error($"the key {path} is there twice", start);
        }
        statements.Add(new TomlStatement(path, value, new TomlSpan(start, value.Span.End)));
    }

    /// <summary>One step through a key's dots: only tables that dots made may be added to by dots.</summary>
    private TomlTableNode DescendDots(TomlTableNode holder, TomlTableNode table, TomlPath fromHolder, int position)
    {
        if (!table.Children.TryGetValue(fromHolder.Last, out var child))
        {
            var made = new TomlTableNode(TomlTableKind.Dotted)
            {
                Section = holder.Section,
                Braces = holder.Kind == TomlTableKind.Inline ? holder : null,
                FromHolder = fromHolder,
            };
            table.Children.Add(fromHolder.Last, made);
            return made;
        }
        return child is TomlTableNode { Kind: TomlTableKind.Dotted } dotted
            ? dotted
            : throw scanner.Error($"{fromHolder} is defined already and cannot be added to by a dotted key", position);
    }

    private TomlNode ParseValue(int depth)
    {
        if (depth > MaxDepth)
        {
            throw scanner.Error($"nested more than {MaxDepth} levels deep");
        }
        var start = scanner.Position;
        TomlNode node = scanner.Current switch
        {
            '[' => ParseArray(depth),
            '{' => ParseBraces(depth),
            _ => new TomlLeaf(scanner.Scalar()),
        };
        node.Span = new TomlSpan(start, scanner.Position);
        return node;
    }

    private TomlArrayNode ParseArray(int depth)
    {
        var array = new TomlArrayNode();
        var opening = scanner.Position++;
        while (true)
        {
            scanner.SkipLines();
            if (scanner.Take(']'))
            {
                return array;
            }
            if (scanner.AtEnd)
            {
                throw scanner.Error("this array is not closed", opening);
            }
            array.Items.Add(ParseValue(depth + 1));
            scanner.SkipLines();
            if (!scanner.Take(',') && scanner.Current != ']')
            {
                throw scanner.AtEnd
                    ? scanner.Error("this array is not closed", opening)
                    : scanner.Error($"a comma or ] is expected here, not {scanner.Describe()}");
            }
        }
    }

    private TomlTableNode ParseBraces(int depth)
    {
        var table = new TomlTableNode(TomlTableKind.Inline);
        scanner.Position++;
        scanner.SkipSpace();
        if (scanner.Take('}'))
        {
            return table;
        }
        while (true)
        {
            scanner.SkipSpace();
            ParseStatement(table, table.Entries, depth + 1);
            scanner.SkipSpace();
            if (scanner.Take('}'))
            {
                return table;
            }
            if (!scanner.Take(','))
            {
                throw scanner.Error($"a comma or }} is expected here, not {scanner.Describe()}");
            }
        }
    }
}
