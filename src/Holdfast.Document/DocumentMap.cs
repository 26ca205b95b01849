using System.Diagnostics.CodeAnalysis;
using Holdfast.Kube;

namespace Holdfast.Document;

/// <summary>
/// Reads one mapping of the document: each key is asked for by name, what is wrong is noted, and a key that was not asked for
/// is unknown. Serves one reader on one thread; call <see cref="Finish"/> when every key has been asked for.
/// </summary>
internal sealed class DocumentMap
{
    private readonly YamlMappingNode? mapping;
    private readonly List<DocumentError> errors;
    private readonly List<string> known = [];

    private DocumentMap(YamlMappingNode? mapping, int line, int column, string path, List<DocumentError> errors)
    {
        this.mapping = mapping;
        this.errors = errors;
        Line = line;
        Column = column;
        Path = path;
    }

    public int Line { get; }
    public int Column { get; }
    public string Path { get; }
    public List<DocumentError> Errors => errors;

    /// <summary>A node that must be a mapping; nothing (as in <c>spec:</c>) counts as an empty one.</summary>
    public static DocumentMap Of(YamlNode node, string path, List<DocumentError> errors)
    {
        if (node.Kind() is not (DocumentKind.Mapping or DocumentKind.Nothing))
        {
            errors.Add(
                new DocumentError(node.Line, node.Column, path, $"must be a mapping (key: value), not {node.Noun()}")
            );
        }
        return new DocumentMap(node as YamlMappingNode, node.Line, node.Column, path, errors);
    }

    /// <summary>Text of the document as it may stand in a message: short and on one line.</summary>
    public static string Shown(string text)
    {
        const int Longest = 60;
        var oneLine = string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return oneLine.Length <= Longest ? oneLine : $"{oneLine[..Longest]}...";
    }

    /// <summary>The value of a key, unless it is absent or nothing.</summary>
    public bool Has(string key, [NotNullWhen(true)] out YamlNode? value)
    {
        known.Add(key);
        value = mapping?.Entries.FirstOrDefault(e => e.Key.Text == key)?.Value;
        if (value?.Kind() == DocumentKind.Nothing)
        {
            value = null;
        }
        return value is not null;
    }

    /// <summary>True if the key is written at all, be it with nothing.</summary>
    public bool Mentions(string key)
    {
        known.Add(key);
        return mapping?.Entries.Any(e => e.Key.Text == key) ?? false;
    }

    /// <summary>A mapping below this one; an empty one when absent.</summary>
    public DocumentMap Map(string key) =>
        Has(key, out var value) ? Of(value, At(key), errors) : new DocumentMap(null, Line, Column, At(key), errors);

    /// <summary>A string that <paramref name="check"/> finds nothing wrong with; null when absent or wrong.</summary>
    public string? Text(string key, Func<string, string?>? check = null) =>
        Has(key, out var value) ? TextOf(value, At(key), errors, check) : null;

    /// <summary>One of a few words; null when absent or wrong.</summary>
    public string? Word(string key, params ReadOnlySpan<string> allowed)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }
        if (allowed.Contains(text))
        {
            return text;
        }
        var hint = Suggestion.For(text, allowed);
        Report(key, $"\"{Shown(text)}\" is not one of {string.Join(", ", allowed.ToArray())}{hint}");
        return null;
    }

    /// <summary>true or false; null when absent or wrong.</summary>
    public bool? Switch(string key)
    {
        if (!Has(key, out var value))
        {
            return null;
        }
        if (value is YamlScalarNode scalar && value.Kind() == DocumentKind.Switch)
        {
            return scalar.Text[0] is 't' or 'T';
        }
        Report(key, $"must be true or false, not {value.Noun()}");
        return null;
    }

    /// <summary>The items of a list, each with its path; null when absent, empty when it is no list.</summary>
    public IReadOnlyList<(YamlNode Node, string Path)>? List(string key)
    {
        if (!Has(key, out var value))
        {
            return null;
        }
        if (value is not YamlSequenceNode sequence)
        {
            Report(key, $"must be a list (- item), not {value.Noun()}");
            return [];
        }
        return [.. sequence.Items.Select((item, i) => (item, $"{At(key)}[{i}]"))];
    }

    /// <summary>The entries of a mapping whose keys are the user's own; null when absent, empty when it is no mapping.</summary>
    public IReadOnlyList<(YamlEntry Entry, string Path)>? Entries(string key)
    {
        if (!Has(key, out var value))
        {
            return null;
        }
        if (value is not YamlMappingNode map)
        {
            Report(key, $"must be a mapping (key: value), not {value.Noun()}");
            return [];
        }
        return [.. map.Entries.Select(e => (e, $"{At(key)}.{Shown(e.Key.Text)}"))];
    }

    /// <summary>
    /// The one key of a mapping that chooses between alternatives, as <c>apt</c> in <c>install: { apt: {} }</c>, with
    /// what is below it; null when absent or wrong.
    /// </summary>
    public (string Name, DocumentMap Map)? Choice(string key, params ReadOnlySpan<string> alternatives)
    {
        if (!Has(key, out var value))
        {
            return null;
        }
        var all = string.Join(", ", alternatives.ToArray());
        if (value is not YamlMappingNode { Entries: [var entry] })
        {
            var found = value is YamlMappingNode ? "that" : value.Noun();
            Report(
                key,
                $"must be a mapping with exactly one of {all}, as in {{ {alternatives[0]}: {{}} }}, not {found}"
            );
            return null;
        }
        if (!alternatives.Contains(entry.Key.Text))
        {
            var hint = Suggestion.For(entry.Key.Text, alternatives);
            Report(entry.Key, At(key), $"\"{Shown(entry.Key.Text)}\" is not one of {all}{hint}");
            return null;
        }
        return (entry.Key.Text, Of(entry.Value, $"{At(key)}.{entry.Key.Text}", errors));
    }

    /// <summary>Notes an error at a key's value, or at the mapping when the key is absent.</summary>
    public void Report(string key, string message)
    {
        var value = mapping?.Entries.FirstOrDefault(e => e.Key.Text == key)?.Value;
        errors.Add(new DocumentError(value?.Line ?? Line, value?.Column ?? Column, At(key), message));
    }

    public void Report(YamlNode at, string path, string message) =>
        errors.Add(new DocumentError(at.Line, at.Column, path, message));

    /// <summary>Reports every key that was never asked for.</summary>
    public void Finish()
    {
        foreach (var entry in mapping?.Entries ?? [])
        {
            if (!known.Contains(entry.Key.Text))
            {
                var hint = Suggestion.For(entry.Key.Text, [.. known]);
                var message =
                    $"unknown key{(hint.Length > 0 ? hint : $"; known here: {string.Join(", ", known.Distinct())}")}";
                Report(entry.Key, At(Shown(entry.Key.Text)), message);
            }
        }
    }

    public static string? TextOf(
        YamlNode node,
        string path,
        List<DocumentError> errors,
        Func<string, string?>? check = null
    )
    {
        if (node is not YamlScalarNode scalar || node.Kind() != DocumentKind.Text)
        {
            var hint =
                node is YamlScalarNode s && node.Kind() != DocumentKind.Nothing
                    ? $"; write it in quotes: \"{Shown(s.Text)}\""
                    : "";
            errors.Add(new DocumentError(node.Line, node.Column, path, $"must be a string, not {node.Noun()}{hint}"));
            return null;
        }
        if (check?.Invoke(scalar.Text) is { } wrong)
        {
            errors.Add(new DocumentError(node.Line, node.Column, path, wrong));
            return null;
        }
        return scalar.Text;
    }

    private string At(string key) => Path.Length == 0 ? key : $"{Path}.{key}";
}
