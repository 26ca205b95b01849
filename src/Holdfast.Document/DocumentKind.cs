using System.Globalization;
using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>What a value of the document is, by YAML 1.2's core schema.</summary>
internal enum DocumentKind
{
    Nothing,
    Switch,
    Number,
    Text,
    List,
    Mapping,
}

/// <summary>The kind of a node, and how messages name it.</summary>
internal static class DocumentKinds
{
    public static DocumentKind Kind(this YamlNode node) =>
        node switch
        {
            YamlMappingNode => DocumentKind.Mapping,
            YamlSequenceNode => DocumentKind.List,
            YamlScalarNode { IsPlain: true, Text: "" or "~" or "null" or "Null" or "NULL" } => DocumentKind.Nothing,
            YamlScalarNode { IsPlain: true, Text: "true" or "false" or "True" or "False" or "TRUE" or "FALSE" } =>
                DocumentKind.Switch,
            YamlScalarNode { IsPlain: true } plain when LooksLikeNumber(plain.Text) => DocumentKind.Number,
            _ => DocumentKind.Text,
        };

    public static string Noun(this YamlNode node) =>
        node.Kind() switch
        {
            DocumentKind.Mapping => "a mapping",
            DocumentKind.List => "a list",
            DocumentKind.Nothing => "nothing",
            DocumentKind.Switch => "true or false",
            DocumentKind.Number => "a number",
            _ => "a string",
        };

    /// <summary>Of a switch.</summary>
    public static bool IsTrue(this YamlScalarNode node) => node.Text[0] is 't' or 'T';

    private static bool LooksLikeNumber(string text)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal) || text.StartsWith("0o", StringComparison.Ordinal))
        {
            return text.Length > 2 && text.AsSpan(2).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0;
        }
        return text.AsSpan().IndexOfAnyExcept("+-.0123456789eE") < 0
            && double.TryParse(text, CultureInfo.InvariantCulture, out _);
    }
}
