using YamlDotNet.Core;

namespace Holdfast.Kube;

/// <summary>What is wrong in a YAML text, and where.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">In characters, from 1.</param>
/// <param name="Problem">For people, without the place.</param>
public sealed record YamlFault(int Line, int Column, string Problem)
{
    internal static YamlFault At(YamlMark mark, string problem) => new(mark.Line, mark.Column, problem);

    internal KubeException ToException() =>
        new(KubeReason.Malformed, $"cannot read YAML: line {Line}, column {Column}: {Problem}")
        {
            Line = Line,
            Column = Column,
            Problem = Problem,
        };

    /// <summary>A character that YAML does not allow. The scanner takes a NUL for the end and ignores what follows.</summary>
    internal static YamlFault? ControlCharacter(string text)
    {
        var at = 0;
        while (at < text.Length && !IsForbidden(text[at]))
        {
            at++;
        }
        if (at == text.Length)
        {
            return null;
        }
        var before = text.AsSpan(0, at);
        return new YamlFault(
            before.Count('\n') + 1,
            at - before.LastIndexOf('\n'),
            $"control character U+{(int)text[at]:X4} is not allowed in YAML"
        );
    }

    /// <summary>What the library says of a text that it cannot scan.</summary>
    /// <param name="cause">The library's exception; of any type, since it also lets exceptions of its own defects out.</param>
    /// <param name="position">How far the scanner got.</param>
    internal static YamlFault Of(string text, Exception cause, YamlMark position)
    {
        if (TabAsIndentation(text, position.Line) is { } tab)
        {
            return tab;
        }
        if (cause is YamlException known)
        {
            return At(YamlMark.Of(known.Start), Sentence(known.Message));
        }
        return At(
            position,
            "the lines of a value in brackets must be indented deeper than its key, and a bracket that is "
                + "opened must be closed"
        );
    }

    private static bool IsForbidden(char c) => char.IsControl(c) && c is not ('\t' or '\n' or '\r' or '\u0085');

    /// <summary>
    /// The scanner gives tabs the place of what they belong to, often the beginning of the text. In JSON, which is YAML too, tabs
    /// are allowed and the fault is another.
    /// </summary>
    private static YamlFault? TabAsIndentation(string text, int lastLine)
    {
        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            return null;
        }
        var number = 0;
        var first = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var tab = line[..^line.TrimStart(" \t").Length].IndexOf('\t');
            if (tab >= 0 && number == lastLine)
            {
                return Tab(number, tab + 1);
            }
            // Behind blanks a tab can be part of a text over several lines.
            if (tab == 0 && first == 0)
            {
                first = number;
            }
            if (number == lastLine)
            {
                break;
            }
        }
        return first > 0 ? Tab(first, 1) : null;
    }

    private static YamlFault Tab(int line, int column) =>
        new(line, column, "a tab indents this line; YAML is indented with spaces, replace the tab by them");

    /// <summary>The library puts the place before its words: "(Line: 1, Col: 2, Idx: 3) - ...".</summary>
    private static string Sentence(string message)
    {
        var dash = message.StartsWith('(') ? message.LastIndexOf(") - ", StringComparison.Ordinal) : -1;
        return (dash < 0 ? message : message[(dash + 4)..]).TrimEnd('.', ':', ' ');
    }
}
