using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>Reads a value: what it means, or what is wrong with it.</summary>
internal delegate (T? Value, string? Fault) ValueReader<T>(YamlNode node);

/// <summary>
/// Reads one mapping of the document: each key is asked for by name and what is wrong is noted. A key that was never asked for is
/// unknown, see <see cref="ReportUnknownKeys"/>. For one thread.
/// </summary>
internal sealed class DocumentMap
{
    private readonly YamlMappingNode? mapping;
    private readonly YamlMark place;
    private readonly string path;
    private readonly List<DocumentError> errors;
    private readonly List<string> known = [];
    private readonly List<DocumentMap> below = [];

    private DocumentMap(YamlMappingNode? mapping, YamlMark place, string path, List<DocumentError> errors)
    {
        this.mapping = mapping;
        this.place = place;
        this.path = path;
        this.errors = errors;
    }

    public static DocumentMap OfRoot(YamlNode root, List<DocumentError> errors) =>
        new DocumentMap(null, root.Start, "", errors).Below(root, "");

    /// <summary>Text of the document as it may stand in a message: short and on one line.</summary>
    public static string Shown(string text)
    {
        const int Longest = 60;
        var oneLine = string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return oneLine.Length <= Longest ? oneLine : $"{oneLine[..Longest]}...";
    }

    /// <summary>A string that <paramref name="check"/> finds nothing wrong with.</summary>
    public static ValueReader<string> AsText(Func<string, string?>? check = null) =>
        node =>
            (node, node.Kind()) switch
            {
                (YamlScalarNode scalar, DocumentKind.Text) when check?.Invoke(scalar.Text) is { } wrong => (
                    null,
                    wrong
                ),
                (YamlScalarNode scalar, DocumentKind.Text) => (scalar.Text, null),
                (YamlScalarNode scalar, DocumentKind.Switch or DocumentKind.Number) => (
                    null,
                    $"must be a string, not {node.Noun()}; write it in quotes: \"{Shown(scalar.Text)}\""
                ),
                _ => (null, $"must be a string, not {node.Noun()}"),
            };

    /// <summary>Whether the key has a value; nothing (as in <c>name:</c>) is none.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Whether the key is written at all, be it with nothing.</summary>
    public bool Mentions(string key)
    {
        known.Add(key);
        return mapping?.Find(key) is not null;
    }

    /// <summary>A mapping below this one; an empty one when absent.</summary>
    public DocumentMap Map(string key) => Below(Find(key), At(key));

    /// <summary>The mappings of a list; null when absent.</summary>
    /// <param name="ifEmpty">What is wrong with an empty list; null where it is allowed.</param>
    public IReadOnlyList<DocumentMap>? Maps(string key, string? ifEmpty = null) =>
        Items(key, ifEmpty)?.Select(item => Below(item.Node, item.Path)).ToList();

    /// <summary>A value; the default when absent or wrong.</summary>
    public T? Value<T>(string key, ValueReader<T> read) => Find(key) is { } node ? Read(node, At(key), read) : default;

    /// <summary>A string that <paramref name="check"/> finds nothing wrong with; null when absent or wrong.</summary>
    public string? Text(string key, Func<string, string?>? check = null) => Value(key, AsText(check));

    /// <summary>As <see cref="Text"/>, for a key that must be there.</summary>
    public string? RequiredText(string key, Func<string, string?> check, string hint = "")
    {
        Require(key, hint);
        return Text(key, check);
    }

    /// <summary>Notes that a key is missing when it has no value.</summary>
    /// <param name="hint">What it is, for the one who left it out.</param>
    public void Require(string key, string hint = "")
    {
        if (!Has(key))
        {
            Report(key, hint.Length == 0 ? "is missing" : $"is missing; {hint}");
        }
    }

    /// <summary>The strings of a list; null when absent.</summary>
    /// <param name="ifEmpty">What is wrong with an empty list; null where it is allowed.</param>
    public IReadOnlyList<string>? Texts(string key, Func<string, string?> check, string? ifEmpty = null) =>
        Items(key, ifEmpty)?.Select(item => Read(item.Node, item.Path, AsText(check))).OfType<string>().ToList();

    /// <summary>A member of an enumeration, written in lower case; null when absent or wrong.</summary>
    public T? OneOf<T>(string key)
        where T : struct, Enum
    {
        string[] words = [.. Enum.GetNames<T>().Select(name => name.ToLowerInvariant())];
        return Text(key, text => WhyNotOneOf(text, words)) is { } word ? Enum.Parse<T>(word, ignoreCase: true) : null;
    }

    /// <summary>true or false; null when absent or wrong.</summary>
    public bool? Switch(string key) =>
        Value<bool?>(
            key,
            node =>
                node is YamlScalarNode scalar && node.Kind() == DocumentKind.Switch
                    ? (scalar.IsTrue(), null)
                    : (null, $"must be true or false, not {node.Noun()}")
        );

    /// <summary>A mapping whose keys are the user's own; null when absent.</summary>
    /// <param name="checkKey">What is wrong with a key; null when nothing is.</param>
    public Dictionary<string, T>? Dictionary<T>(string key, Func<string, string?> checkKey, ValueReader<T> read)
        where T : class
    {
        if (Find(key) is not { } value)
        {
            return null;
        }
        var result = new Dictionary<string, T>(StringComparer.Ordinal);
        if (value is not YamlMappingNode map)
        {
            Report(key, $"must be a mapping (key: value), not {value.Noun()}");
            return result;
        }
        foreach (var entry in map.Entries)
        {
            var at = $"{At(key)}.{Shown(entry.Key.Text)}";
            if (checkKey(entry.Key.Text) is { } wrong)
            {
                Report(entry.Key, at, wrong);
            }
            if (Read(entry.Value, at, read) is { } item)
            {
                result[entry.Key.Text] = item;
            }
        }
        return result;
    }

    /// <summary>
    /// The one key of a mapping that chooses between alternatives, as <c>apt</c> in <c>install: { apt: {} }</c>, with
    /// what is below it; null when absent or wrong.
    /// </summary>
    public (string Name, DocumentMap Map)? Choice(string key, params string[] alternatives)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlMappingNode { Entries: [var entry] } when alternatives.Contains(entry.Key.Text):
                return (entry.Key.Text, Below(entry.Value, $"{At(key)}.{entry.Key.Text}"));
            case YamlMappingNode { Entries: [var entry] }:
                Report(entry.Key, At(key), WhyNotOneOf(entry.Key.Text, alternatives)!);
                return null;
            case var value:
                var found = value is YamlMappingNode ? "that" : value.Noun();
                var all = string.Join(", ", alternatives);
                Report(
                    key,
                    $"must be a mapping with exactly one of {all}, as in {{ {alternatives[0]}: {{}} }}, not {found}"
                );
                return null;
        }
    }

    /// <summary>Notes an error at a key's value, or at the mapping when the key is absent.</summary>
    public void Report(string key, string message) =>
        Report(mapping?.Find(key)?.Value.Start ?? place, At(key), message);

    /// <summary>Reports every key of this mapping and of those below it that was never asked for.</summary>
    public void ReportUnknownKeys()
    {
        foreach (var key in (mapping?.Entries ?? []).Select(entry => entry.Key).Where(key => !known.Contains(key.Text)))
        {
            var hint = Suggestion.For(key.Text, [.. known]);
            Report(
                key,
                At(Shown(key.Text)),
                $"unknown key{(hint.Length > 0 ? hint : $"; known here: {string.Join(", ", known.Distinct())}")}"
            );
        }
        below.ForEach(map => map.ReportUnknownKeys());
    }

    private YamlNode? Find(string key)
    {
        known.Add(key);
        return mapping?.Find(key)?.Value is { } value && value.Kind() != DocumentKind.Nothing ? value : null;
    }

    private List<(YamlNode Node, string Path)>? Items(string key, string? ifEmpty)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlSequenceNode { Items: [] } when ifEmpty is not null:
                Report(key, ifEmpty);
                return [];
            case YamlSequenceNode sequence:
                return [.. sequence.Items.Select((item, i) => (item, $"{At(key)}[{i}]"))];
            case var value:
                Report(key, $"must be a list (- item), not {value.Noun()}");
                return [];
        }
    }

    /// <summary>Nothing (as in <c>spec:</c>) counts as an empty mapping.</summary>
    private DocumentMap Below(YamlNode? node, string at)
    {
        if (node is not null && node.Kind() is not (DocumentKind.Mapping or DocumentKind.Nothing))
        {
            Report(node, at, $"must be a mapping (key: value), not {node.Noun()}");
        }
        var map = new DocumentMap(node as YamlMappingNode, node?.Start ?? place, at, errors);
        below.Add(map);
        return map;
    }

    private T? Read<T>(YamlNode node, string at, ValueReader<T> read)
    {
        var (value, fault) = read(node);
        if (fault is not null)
        {
            Report(node, at, fault);
        }
        return value;
    }

    private static string? WhyNotOneOf(string text, string[] words) =>
        words.Contains(text)
            ? null
            : $"\"{Shown(text)}\" is not one of {string.Join(", ", words)}{Suggestion.For(text, words)}";

    private void Report(YamlNode at, string path, string message) => Report(at.Start, path, message);

    private void Report(YamlMark at, string path, string message) =>
        errors.Add(new DocumentError(at.Line, at.Column, path, message));

    private string At(string key) => path.Length == 0 ? key : $"{path}.{key}";
}
