namespace Holdfast.Document;

/// <summary>"Did you mean": the nearest of the words that would have been right.</summary>
internal static class Suggestion
{
    /// <summary>Letters; a longer word is no typing error, and comparing it costs time.</summary>
    private const int LongestWord = 64;

    /// <summary>A half sentence that begins with a semicolon, or nothing when no word is near.</summary>
    public static string For(string written, ReadOnlySpan<string> words)
    {
        if (written.Length is 0 or > LongestWord)
        {
            return "";
        }
        string? nearest = null;
        var least = Math.Max(1, written.Length / 3) + 1;
        foreach (var word in words)
        {
            var distance = Distance(written.ToLowerInvariant(), word.ToLowerInvariant());
            if (distance < least)
            {
                (nearest, least) = (word, distance);
            }
        }
        return nearest is null ? "" : $"; did you mean \"{nearest}\"?";
    }

    /// <summary>Levenshtein's distance with neighbours swapped counted as one.</summary>
    internal static int Distance(string a, string b)
    {
        var (before, last, now) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }
        for (var i = 1; i <= a.Length; i++)
        {
            now[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                now[j] = Math.Min(Math.Min(now[j - 1] + 1, last[j] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    now[j] = Math.Min(now[j], before[j - 2] + 1);
                }
            }
            (before, last, now) = (last, now, before);
        }
        return last[b.Length];
    }
}
