namespace Holdfast.Node.Toml;

/// <summary>How a file is written (line ends, indents), and how something is added so that it looks the same.</summary>
internal sealed class TomlLayout(TomlDocument document)
{
    private readonly string text = document.Body;
    private readonly string lineEnd = document.Body.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    /// <summary>The text with a key below the last one of its section, indented like that.</summary>
    public string InsertKey(TomlSection section, string line)
    {
        if (section is { Path.Count: 0, Entries.Count: 0 })
        {
            return InsertFirst(line);
        }
        var indent = section.Entries is [.., var last]
            ? Indent(last.Span.Start)
            : Indent(section.Header.Start) + KeyStep();
        return Insert(EndOfLine(section.End), $"{indent}{line}{lineEnd}");
    }

    /// <summary>
    /// The text with a new header and its key, behind the last relative; in a file without relatives at the end.
    /// </summary>
    /// <param name="known">The deepest table on the way that exists.</param>
    public string InsertSection(TomlPath path, TomlPath known, TomlValue value)
    {
        var indent = HeaderIndent(path.Parent);
        var key = TomlPath.Of(path.Last);
        var lines = $"{indent}[{path.Parent}]{lineEnd}{indent}{KeyStep()}{key} = {value}{lineEnd}";
        var relative = known.Count == 0 ? null : document.Sections.LastOrDefault(s => s.Path.StartsWith(known));
        var at = relative is null ? text.Length : EndOfSection(EndOfLine(relative.End));
        return at < text.Length
            ? Insert(at, lineEnd + lines + (IsBlankLineAt(at) ? "" : lineEnd))
            : Insert(at, (text.Length == 0 ? "" : lineEnd) + lines);
    }

    /// <summary>The first key of the document itself: before the first header, below the comment that heads the file.</summary>
    private string InsertFirst(string line)
    {
        if (document.Sections.Count == 1)
        {
            return Insert(text.Length, line + lineEnd);
        }
        // Comments that touch the header belong to it.
        var at = StartOfLine(document.Sections[1].Header.Start);
        while (at > 0 && IsCommentLineAt(StartOfLine(at - 1)))
        {
            at = StartOfLine(at - 1);
        }
        return Insert(at, $"{line}{lineEnd}{lineEnd}");
    }

    /// <summary>Inserts lines where a line begins or the text ends, which may lack its last line end.</summary>
    private string Insert(int at, string lines) =>
        text.Insert(at, at == text.Length && at > 0 && text[^1] != '\n' ? lineEnd + lines : lines);

    /// <summary>What keys are indented by below their header, in most sections.</summary>
    private string KeyStep()
    {
        var steps = document
            .Sections.Where(s => s.Path.Count > 0 && s.Entries.Count > 0)
            .Select(s => (Header: Indent(s.Header.Start), Key: Indent(s.Entries[0].Span.Start)))
            .ToList();
        var indented = steps.Where(s => s.Key.Length > s.Header.Length).ToList();
        return indented.Count * 2 > steps.Count ? indented[0].Key[indented[0].Header.Length..] : "";
    }

    /// <summary>As its siblings, else a step deeper than its parent if this file does that.</summary>
    private string HeaderIndent(TomlPath path)
    {
        var headers = document.Sections.Where(s => s.Path.Count > 0).ToList();
        if (
            headers.Find(s => path.Count > 1 && s.Path.Count == path.Count && s.Path.Parent.Equals(path.Parent)) is
            { } like
        )
        {
            return Indent(like.Header.Start);
        }
        var parent = headers.Where(s => path.StartsWith(s.Path)).MaxBy(s => s.Path.Count);
        var isStepped = headers.Exists(s => s.Path.Count > 1 && Indent(s.Header.Start).Length > 0);
        return parent is null ? "" : Indent(parent.Header.Start) + (isStepped ? "  " : "");
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

    private string Indent(int position) => text[StartOfLine(position)..position];

    private int StartOfLine(int position) => position == 0 ? 0 : text.LastIndexOf('\n', position - 1) + 1;

    private int EndOfLine(int position)
    {
        var end = text.IndexOf('\n', position);
        return end < 0 ? text.Length : end + 1;
    }

    private bool IsCommentLineAt(int start) => LineAt(start).TrimStart(" \t") is ['#', ..];

    private bool IsBlankLineAt(int start) => LineAt(start).Trim(" \t\r\n").IsEmpty;

    private ReadOnlySpan<char> LineAt(int start) => text.AsSpan(start, EndOfLine(start) - start);
}
