namespace Holdfast.Node.Yaml;

/// <summary>Positions and lines of a text. Pure.</summary>
internal static class YamlLines
{
    /// <summary>Line and column from 1.</summary>
    public static (int Line, int Column) Place(string text, int position)
    {
        var before = text.AsSpan(0, Math.Min(position, text.Length));
        return (before.Count('\n') + 1, before.Length - (before.LastIndexOf('\n') + 1) + 1);
    }

    public static int Start(string text, int position) => position == 0 ? 0 : text.LastIndexOf('\n', position - 1) + 1;

    /// <summary>Behind the last character of the line, before its line end.</summary>
    public static int End(string text, int position)
    {
        var end = text.IndexOf('\n', position);
        end = end < 0 ? text.Length : end;
        return end > position && text[end - 1] == '\r' ? end - 1 : end;
    }

    /// <summary>Behind the line end; the text's end where there is none.</summary>
    public static int Next(string text, int position)
    {
        var end = text.IndexOf('\n', position);
        return end < 0 ? text.Length : end + 1;
    }

    /// <summary>Columns before the position, if nothing but white space and list dashes stand there; how deep a key is.</summary>
    public static string Indent(string text, int position) => new(' ', position - Start(text, position));

    public static string LineEnd(string text) => text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
}
