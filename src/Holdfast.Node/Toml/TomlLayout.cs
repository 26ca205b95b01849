namespace Holdfast.Node.Toml;

/// <summary>How a file is written (line ends, indents), and how something is added so that it looks the same. Pure.</summary>
internal sealed class TomlLayout(TomlDocument document)
{
    private readonly string text = document.Text;

    public string LineEnd { get; } = document.Text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    /// <summary>What keys are indented by below their header.</summary>
    public string KeyStep
    {
        get
        {
            var steps = document
                .Sections.Where(s => s.Path.Count > 0 && s.Statements.Count > 0)
                .Select(s => (Header: Indent(s.Header.Start), Key: Indent(s.Statements[0].Span.Start)))
                .ToList();
            var indented = steps.Where(s => s.Key.Length > s.Header.Length).ToList();
            return indented.Count * 2 > steps.Count ? indented[0].Key[indented[0].Header.Length..] : "";
        }
    }

    /// <summary>The indent of a section's keys: that of its last one, or what is usual in this file.</summary>
    public string KeyIndent(TomlSection section)
    {
        if (section.Statements is [.., var last])
        {
            return Indent(last.Span.Start);
        }
        return section.Path.Count == 0 ? "" : Indent(section.Header.Start) + KeyStep;
    }

    /// <summary>The indent of a new header: as its siblings, else a step deeper than its parent if this file does that.</summary>
    public string HeaderIndent(TomlPath path)
    {
        var sibling = document.Sections.FirstOrDefault(s =>
            s.Path.Count == path.Count && path.Count > 1 && s.Path.Parent.Equals(path.Parent)
        );
        if (sibling is not null)
        {
            return Indent(sibling.Header.Start);
        }
        var parent = document.Sections.Where(s => s.Path.Count > 0 && path.StartsWith(s.Path)).MaxBy(s => s.Path.Count);
        if (parent is null)
        {
            return "";
        }
        var isStepped = document.Sections.Any(s => s.Path.Count > 1 && Indent(s.Header.Start).Length > 0);
        return Indent(parent.Header.Start) + (isStepped ? "  " : "");
    }

    /// <summary>A line below the line that holds <paramref name="position"/>.</summary>
    public string InsertLine(int position, string line)
    {
        var end = EndOfLine(position);
        return end < text.Length ? text.Insert(end, line + LineEnd) : $"{text}{NewLineIfNeeded()}{line}{LineEnd}";
    }

    /// <summary>Lines with an empty one around them, below the line that holds <paramref name="position"/>.</summary>
    public string InsertBlock(int position, string lines)
    {
        var end = EndOfSection(EndOfLine(position));
        if (end >= text.Length)
        {
            return Append(lines);
        }
        var tail = IsBlankLineAt(end) ? "" : LineEnd;
        return text.Insert(end, $"{LineEnd}{lines}{LineEnd}{tail}");
    }

    /// <summary>Lines at the end of the file, with an empty one before them.</summary>
    public string Append(string lines)
    {
        var isEmpty = text.Length == 0 || text == "\uFEFF";
        return isEmpty ? $"{text}{lines}{LineEnd}" : $"{text}{NewLineIfNeeded()}{LineEnd}{lines}{LineEnd}";
    }

    /// <summary>The first key of the document itself: before the first header, below the comment that heads the file.</summary>
    public string InsertFirst(string line)
    {
        if (document.Sections.Count == 1)
        {
            return text.Length == 0 ? line + LineEnd : $"{text}{NewLineIfNeeded()}{line}{LineEnd}";
        }
        // Comments that touch the header belong to it.
        var at = StartOfLine(document.Sections[1].Header.Start);
        while (at > 0 && IsCommentLineAt(StartOfLine(at - 1)))
        {
            at = StartOfLine(at - 1);
        }
        at = Math.Max(at, document.Sections[0].Header.Start);
        return text.Insert(at, $"{line}{LineEnd}{LineEnd}");
    }

    /// <summary>Comments below a section's last key, up to an empty line, are about that section and stay with it.</summary>
    private int EndOfSection(int end)
    {
        var at = end;
        while (at < text.Length && IsCommentLineAt(at))
        {
            at = EndOfLine(at);
        }
        // Touching the next header they are about that instead.
        return at >= text.Length || IsBlankLineAt(at) ? at : end;
    }

    private string Indent(int position) => text[StartOfLine(position)..position].TrimStart('\uFEFF');

    private int StartOfLine(int position) => position == 0 ? 0 : text.LastIndexOf('\n', position - 1) + 1;

    private int EndOfLine(int position)
    {
        var end = text.IndexOf('\n', position);
        return end < 0 ? text.Length : end + 1;
    }

    private string NewLineIfNeeded() => text.Length == 0 || text[^1] is '\n' or '\uFEFF' ? "" : LineEnd;

    private bool IsCommentLineAt(int start) => LineAt(start).TrimStart(" \t") is ['#', ..];

    private bool IsBlankLineAt(int start) => LineAt(start).Trim(" \t\r\n").IsEmpty;

    private ReadOnlySpan<char> LineAt(int start) => text.AsSpan(start, EndOfLine(start) - start);
}
