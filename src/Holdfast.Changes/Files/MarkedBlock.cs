namespace Holdfast.Changes.Files;

/// <summary>
/// Lines of ours in a text file that belongs to someone else, between two marks. All other bytes stay as they are.
///
/// </summary>
public static class MarkedBlock
{
    public const string Begin = "# BEGIN holdfast";
    public const string End = "# END holdfast";

    /// <summary>Puts the lines into the block, which is made at the end of the text when it is missing.</summary>
    public static string Put(string text, IReadOnlyList<string> lines)
    {
        var block = lines.Count == 0 ? "" : $"{Begin}\n{string.Join('\n', lines)}\n{End}\n";
        if (Find(text) is var (start, length))
        {
            return string.Concat(text.AsSpan(0, start), block, text.AsSpan(start + length));
        }

        // The line feed that a last line may lack belongs to us: taking the block out leaves it, which harms nobody, and
        // an untouched file is restored from its original anyway.
        var separator = block.Length > 0 && text.Length > 0 && !text.EndsWith('\n') ? "\n" : "";
        return text + separator + block;
    }

    public static string Remove(string text) => Put(text, []);

    /// <summary>Whether somebody removed the second mark: where the block ends can then not be told.</summary>
    public static bool HasLostItsEnd(string text) => LineStart(text, Begin, 0) >= 0 && Find(text) is null;

    /// <summary>Start and length with both marks; null when there is no complete block.</summary>
    private static (int Start, int Length)? Find(string text)
    {
        var start = LineStart(text, Begin, 0);
        if (start < 0)
        {
            return null;
        }

        var end = LineStart(text, End, start);
        if (end < 0)
        {
            return null;
        }

        var next = text.IndexOf('\n', end);
        return (start, (next < 0 ? text.Length : next + 1) - start);
    }

    private static int LineStart(string text, string line, int from)
    {
        while (true)
        {
            var at = text.IndexOf(line, from, StringComparison.Ordinal);
            if (at < 0)
            {
                return -1;
            }

            var after = at + line.Length;
            var isWholeLine =
                (at == 0 || text[at - 1] == '\n') && (after == text.Length || text[after] is '\n' or '\r');
            if (isWholeLine)
            {
                return at;
            }

            from = after;
        }
    }
}
