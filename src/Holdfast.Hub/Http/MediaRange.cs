namespace Holdfast.Hub.Http;

/// <summary>One media range of an Accept or Content-Type header. Parsing never fails: what is no media range matches nothing.</summary>
internal sealed class MediaRange
{
    private readonly Dictionary<string, string> parameters = new(StringComparer.OrdinalIgnoreCase);

    private MediaRange(string text)
    {
        var parts = text.Split(';', StringSplitOptions.TrimEntries);
        Type = parts[0].ToLowerInvariant();
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                parameters[part[..equals].Trim()] = part[(equals + 1)..].Trim().Trim('"');
            }
        }
    }

    public string Type { get; }

    public string? this[string parameter] => parameters.GetValueOrDefault(parameter);

    public bool IsJson => Type is "application/json" or "application/*" or "*/*";

    public static MediaRange Parse(string text) => new(text);

    /// <summary>The ranges of a header, the most wanted first.</summary>
    public static IReadOnlyList<MediaRange> ParseAll(string header) =>
        [
            .. header
                .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(Parse)
                .OrderByDescending(r => double.TryParse(r["q"], out var q) ? q : 1),
        ];
}
