namespace Holdfast.Node.Software;

/// <summary>The files of checksums that publishers put beside their archives, in the form of sha256sum.</summary>
internal static class ChecksumFile
{
    private const int HashLength = 64;

    /// <summary>
    /// The SHA-256 of a file of this name. Lines are <c>HASH  NAME</c>, <c>HASH *NAME</c> or BSD's
    /// <c>SHA256 (NAME) = HASH</c>; a name may have directories before it. A file of nothing but one hash is taken too.
    /// </summary>
    /// <returns>Lower case; null when the file does not say.</returns>
    public static string? Find(string text, string name)
    {
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines)
        {
            if (ParseLine(line) is var (hash, of) && of[(of.LastIndexOf('/') + 1)..] == name)
            {
                return hash;
            }
        }

        return lines is [var only] && IsHash(only) ? only.ToLowerInvariant() : null;
    }

    private static (string Hash, string Name)? ParseLine(string line)
    {
        const string Bsd = "SHA256 (";
        if (line.StartsWith(Bsd, StringComparison.Ordinal))
        {
            var end = line.LastIndexOf(") = ", StringComparison.Ordinal);
            return end > 0 && IsHash(line[(end + 4)..])
                ? (line[(end + 4)..].ToLowerInvariant(), line[Bsd.Length..end])
                : null;
        }

        return line.Length > HashLength + 2 && IsHash(line[..HashLength]) && line[HashLength] == ' '
            ? (line[..HashLength].ToLowerInvariant(), line[(HashLength + 1)..].TrimStart(' ', '*'))
            : null;
    }

    private static bool IsHash(string text) => text.Length == HashLength && text.All(char.IsAsciiHexDigit);
}
