using System.Text.RegularExpressions;
using DiffPlex.Renderer;

namespace Holdfast.Changes.Files;

/// <summary>Shows a person what would change in a text, as diff -u does, with secrets masked.</summary>
public static partial class UnifiedDiff
{
    /// <summary>The two lines that name the files: the plan names the file itself.</summary>
    private const int HeaderLines = 2;

    /// <returns>The hunks, or null when no line differs.</returns>
    public static string? Create(string before, string after)
    {
        // The library counts what follows the last line feed as a line, also when that is nothing.
        var diff = UnidiffRenderer.GenerateUnidiff(before.TrimEnd('\n'), after.TrimEnd('\n'), "before", "after");
        var hunks = diff.Split('\n')
            .Skip(HeaderLines)
            .Select(line => SecretPattern().Replace(line, "${key}${sign}***"));
        return string.Join('\n', hunks) is { Length: > 0 } text ? text : null;
    }

    /// <summary>A key that sounds like a secret, its separator, and the value.</summary>
    [GeneratedRegex(
        """(?<key>(?:password|passwd|secret|token|identity_?token|auth|private_?key|key-data)["']?)(?<sign>\s*[:=]\s*)\S.*$""",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex SecretPattern();
}
