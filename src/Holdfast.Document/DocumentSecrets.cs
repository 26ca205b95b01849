using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>
/// Hides the secrets of a YAML text from people: the values of keys that hold one, in whatever style they are written,
/// and every other place where the same text stands.
/// </summary>
internal static class DocumentSecrets
{
    /// <summary>Keys of node documents and of edgecore.yaml whose values are secrets.</summary>
    private static readonly string[] Keys = ["token", "password", "mqttPassword"];

    /// <summary>Characters: replacing every "a" would tell the secret and hide the text.</summary>
    private const int ShortestSecret = 4;

    public static string Mask(string text)
    {
        var body = text.TrimStart('\uFEFF');
        var stream = YamlStream.Read(body, YamlBounds.Configuration);
        if (stream.Faults.Count > 0)
        {
            // What cannot be read cannot be searched either: nothing of it is shown.
            return "(not shown: it is not YAML, and may have secrets in it)\n";
        }
        var scalars = stream.Documents.SelectMany(root => Walk(root, "")).ToList();
        var secrets = scalars
            .Where(s => Keys.Contains(s.Key) && s.Node.Text.Length > 0)
            .Select(s => s.Node.Text)
            .ToHashSet();
        var spans = scalars
            .Where(s => secrets.Contains(s.Node.Text))
            .Select(s => (Start: s.Node.Start.Index, End: EndOf(s.Node, body)))
            .Distinct()
            .OrderByDescending(span => span.Start);
        var masked = spans.Aggregate(
            body,
            (shown, span) => string.Concat(shown.AsSpan(0, span.Start), SecretSpec.Mask, shown.AsSpan(span.End))
        );
        return secrets.Aggregate(masked, Without);
    }

    /// <summary>The text with a secret replaced, for the output of other programs.</summary>
    public static string Without(string text, string secret) =>
        secret.Length < ShortestSecret ? text : text.Replace(secret, SecretSpec.Mask, StringComparison.Ordinal);

    /// <summary>A block ends behind its line end, which stays.</summary>
    private static int EndOf(YamlScalarNode scalar, string text) =>
        scalar.Start.Index + text.AsSpan(scalar.Start.Index..scalar.End.Index).TrimEnd(" \r\n").Length;

    /// <summary>Every scalar with the key that it belongs to.</summary>
    private static IEnumerable<(string Key, YamlScalarNode Node)> Walk(YamlNode node, string key) =>
        node switch
        {
            YamlMappingNode mapping => mapping.Entries.SelectMany(e => Walk(e.Value, e.Key.Text)),
            YamlSequenceNode sequence => sequence.Items.SelectMany(i => Walk(i, key)),
            YamlScalarNode scalar => [(key, scalar)],
            _ => [],
        };
}
