using Holdfast.Document;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Joining;

/// <summary>
/// Hides the secrets of a YAML text from people: the values of keys that hold one, in whatever style they are written,
/// and every other place where the same text stands. Pure.
/// </summary>
internal static class DocumentSecrets
{
    /// <summary>Keys of node documents and of edgecore.yaml whose values are secrets.</summary>
    private static readonly string[] Keys = ["token", "password", "mqttPassword"];

    public static string Mask(string text)
    {
        YamlDocument document;
        try
        {
            document = YamlDocument.Parse(text, "");
        }
        catch (NodeException)
        {
            // What cannot be read cannot be searched either: nothing of it is shown.
            return "(not shown: it is not YAML, and may have secrets in it)\n";
        }
        var nodes = Enumerable
            .Range(0, document.Count)
            .SelectMany(i => Walk(document.InDocument(i).RootNode, ""))
            .ToList();
        var secrets = nodes
            .Where(n => Keys.Contains(n.Key))
            .Select(n => TextOf(n.Node))
            .Where(t => t.Length > 0)
            .ToHashSet();
        var masked = document.Body;
        foreach (
            var span in nodes
                .Where(n => n.Node is YamlScalarNode && secrets.Contains(TextOf(n.Node)))
                .Select(n => n.Node.Span)
                .Distinct()
                .OrderByDescending(s => s.Start)
        )
        {
            masked = string.Concat(masked.AsSpan(0, span.Start), SecretSpec.Mask, masked.AsSpan(span.End));
        }
        return secrets.Aggregate(masked, (shown, secret) => Without(shown, secret));
    }

    /// <summary>The text with a secret replaced, for the words of other programs.</summary>
    public static string Without(string text, string secret) =>
        secret.Length < ShortestSecret ? text : text.Replace(secret, SecretSpec.Mask, StringComparison.Ordinal);

    /// <summary>Characters: replacing every "a" would tell the secret and hide the text.</summary>
    private const int ShortestSecret = 4;

    private static string TextOf(YamlNode node) =>
        node switch
        {
            YamlScalarNode scalar => scalar.Text,
            YamlAliasNode { Target: YamlScalarNode target } => target.Text,
            _ => "",
        };

    private static IEnumerable<(string Key, YamlNode Node)> Walk(YamlNode? node, string key) =>
        node switch
        {
            null => [],
            YamlMappingNode mapping => mapping.Entries.SelectMany(e => Walk(e.Value, e.Key.Text)),
            YamlSequenceNode sequence => sequence.Items.SelectMany(i => Walk(i, key)),
            _ => [(key, node)],
        };
}
