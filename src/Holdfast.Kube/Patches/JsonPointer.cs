using System.Globalization;
using System.Text.Json.Nodes;

namespace Holdfast.Kube;

/// <summary>A parsed JSON pointer (RFC 6901): the reference tokens, unescaped. Empty: the whole document.</summary>
internal readonly struct JsonPointer
{
    private JsonPointer(string text, string[] tokens) => (Text, Tokens) = (text, tokens);

    public string Text { get; }
    public string[] Tokens { get; }

    public bool IsRoot => Tokens.Length == 0;

    public string Last => Tokens[^1];

    /// <exception cref="KubeException"><see cref="KubeReason.Malformed"/></exception>
    public static JsonPointer Parse(string text)
    {
        if (text.Length == 0)
            return new JsonPointer(text, []);
        if (text[0] != '/')
            throw new KubeException(
                KubeReason.Malformed,
                $"cannot read JSON pointer \"{text}\": it must start with '/'"
            );
        var tokens = text[1..].Split('/');
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] = Unescape(tokens[i], text);
        return new JsonPointer(text, tokens);
    }

    public bool IsPrefixOf(JsonPointer other) =>
        Tokens.Length < other.Tokens.Length && other.Tokens.AsSpan(0, Tokens.Length).SequenceEqual(Tokens);

    /// <summary>The node that holds the last token's place.</summary>
    public JsonNode Parent(JsonNode? root)
    {
        var node = root;
        foreach (var token in Tokens.AsSpan(0, Tokens.Length - 1))
            node = Child(node, token);
        return node ?? throw Missing();
    }

    public JsonNode? Get(JsonNode? root)
    {
        var node = root;
        foreach (var token in Tokens)
            node = Child(node, token);
        return node;
    }

    /// <summary>An index of an existing element.</summary>
    public int ExistingIndex(JsonArray array, string token)
    {
        var index = Index(token);
        return index < array.Count ? index : throw Missing();
    }

    /// <summary>An index where an element may be inserted; "-" is behind the last.</summary>
    public int InsertIndex(JsonArray array, string token)
    {
        var index = token == "-" ? array.Count : Index(token);
        return index <= array.Count ? index : throw Missing();
    }

    public KubeException Missing() =>
        new(KubeReason.PatchPathMissing, $"cannot apply patch: the document has no place \"{Text}\"");

    private JsonNode? Child(JsonNode? node, string token) =>
        node switch
        {
            JsonObject o => o.TryGetPropertyValue(token, out var value) ? value : throw Missing(),
            JsonArray a => a[ExistingIndex(a, token)],
            _ => throw Missing(),
        };

    // RFC 6901 section 4: digits without leading zeros, so "01" and "+1" are no indexes.
    private int Index(string token)
    {
        var wellFormed = token.Length > 0 && token.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
        if (!wellFormed || (token.Length > 1 && token[0] == '0'))
            throw new KubeException(
                KubeReason.Invalid,
                $"cannot apply patch: \"{token}\" in \"{Text}\" is no array index"
            );
        return int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw Missing();
    }

    private static string Unescape(string token, string text)
    {
        for (var i = token.IndexOf('~'); i >= 0; i = token.IndexOf('~', i + 1))
            if (i + 1 == token.Length || token[i + 1] is not ('0' or '1'))
                throw new KubeException(
                    KubeReason.Malformed,
                    $"cannot read JSON pointer \"{text}\": '~' must be ~0 or ~1"
                );
        return token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
    }
}
