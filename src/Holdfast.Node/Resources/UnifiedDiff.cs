using System.Text;
using System.Text.RegularExpressions;
using DiffPlex;

namespace Holdfast.Node.Resources;

/// <summary>Shows a person what would change in a text, as diff -u does, with secrets masked. Stateless.</summary>
internal static partial class UnifiedDiff
{
    /// <summary>Unchanged lines shown around a change, as in diff -u.</summary>
    private const int Context = 3;

    /// <returns>The diff without file headers, or null when nothing differs.</returns>
    public static string? Create(string before, string after)
    {
        if (before == after)
        {
            return null;
        }

        var lines = ListLines(before, after);
        var text = new StringBuilder();
        var oldLine = 1;
        var newLine = 1;
        var index = 0;
        while (index < lines.Count)
        {
            if (!IsNearChange(lines, index))
            {
                oldLine++;
                newLine++;
                index++;
                continue;
            }

            var end = index;
            while (end < lines.Count && IsNearChange(lines, end))
            {
                end++;
            }

            AppendHunk(text, lines.GetRange(index, end - index), ref oldLine, ref newLine);
            index = end;
        }

        return text.Length == 0 ? null : text.ToString();
    }

    private static void AppendHunk(
        StringBuilder text,
        List<(char Sign, string Text)> hunk,
        ref int oldLine,
        ref int newLine
    )
    {
        var oldCount = hunk.Count(line => line.Sign != '+');
        var newCount = hunk.Count(line => line.Sign != '-');
        text.Append($"@@ -{oldLine},{oldCount} +{newLine},{newCount} @@\n");
        foreach (var line in hunk)
        {
            text.Append(line.Sign).Append(Mask(line.Text)).Append('\n');
        }

        oldLine += oldCount;
        newLine += newCount;
    }

    private static List<(char Sign, string Text)> ListLines(string before, string after)
    {
        // An empty text has no line; the library would see one empty line in it.
        var diff = new Differ().CreateLineDiffs(before.TrimEnd('\n'), after.TrimEnd('\n'), ignoreWhitespace: false);
        var lines = new List<(char Sign, string Text)>();
        var position = 0;
        foreach (var block in diff.DiffBlocks)
        {
            AddRange(' ', diff.PiecesOld, position, block.DeleteStartA - position);
            AddRange('-', diff.PiecesOld, block.DeleteStartA, before.Length == 0 ? 0 : block.DeleteCountA);
            AddRange('+', diff.PiecesNew, block.InsertStartB, block.InsertCountB);
            position = block.DeleteStartA + block.DeleteCountA;
        }

        AddRange(' ', diff.PiecesOld, position, diff.PiecesOld.Length - position);
        return lines;

        void AddRange(char sign, string[] pieces, int start, int count) =>
            lines.AddRange(pieces.AsSpan(start, count).ToArray().Select(piece => (sign, piece)));
    }

    private static bool IsNearChange(List<(char Sign, string Text)> lines, int index)
    {
        var from = Math.Max(0, index - Context);
        var to = Math.Min(lines.Count - 1, index + Context);
        for (var i = from; i <= to; i++)
        {
            if (lines[i].Sign != ' ')
            {
                return true;
            }
        }

        return false;
    }

    private static string Mask(string line) => SecretPattern().Replace(line, "${key}${sign}***");

    /// <summary>A key that sounds like a secret, its separator, and the value.</summary>
    [GeneratedRegex(
        """(?<key>(?:password|passwd|secret|token|identity_?token|auth|private_?key|key-data)["']?)(?<sign>\s*[:=]\s*)\S.*$""",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex SecretPattern();
}
