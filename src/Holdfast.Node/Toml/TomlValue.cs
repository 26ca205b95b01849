using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tomlyn.Syntax;

namespace Holdfast.Node.Toml;

/// <summary>
/// A value of a TOML document, free of how it is written; equal when the meaning is equal. As text it is TOML 1.0 on one
/// line, which every containerd reads.
/// </summary>
internal abstract record TomlValue
{
    public static implicit operator TomlValue(string value) => new TomlString(value);

    public static implicit operator TomlValue(bool value) => new TomlBoolean(value);

    public static implicit operator TomlValue(long value) => new TomlInteger(value);

    public static TomlValue Of(ValueSyntax syntax) =>
        syntax switch
        {
            StringValueSyntax text => text.Value!,
            BooleanValueSyntax flag => flag.Value,
            IntegerValueSyntax integer => integer.Value,
            FloatValueSyntax number => new TomlFloat(number.Value),
            DateTimeValueSyntax date => new TomlDate(date.Token!.Text!),
            ArraySyntax array => new TomlArray([.. array.Items.Select(item => Of(item.Value!))]),
            InlineTableSyntax braces => TomlTable.Of(braces.Items.Select(item => item.KeyValue!)),
            _ => throw new ArgumentOutOfRangeException(nameof(syntax)),
        };

    public sealed override string ToString() =>
        this switch
        {
            TomlString s => new StringValueSyntax(s.Value).ToString(),
            TomlBoolean b => b.Value ? "true" : "false",
            TomlInteger i => i.Value.ToString(CultureInfo.InvariantCulture),
            TomlFloat f => new FloatValueSyntax(f.Value).ToString(),
            TomlDate d => d.Text,
            TomlArray a => $"[{string.Join(", ", a.Items)}]",
            TomlTable { Entries.Count: 0 } => "{}",
            TomlTable t => $"{{ {string.Join(", ", t.Entries.Select(e => $"{TomlPath.Of(e.Key)} = {e.Value}"))} }}",
            _ => throw new InvalidOperationException("internal error: an unknown kind of TOML value"),
        };
}

internal sealed record TomlString(string Value) : TomlValue;

internal sealed record TomlBoolean(bool Value) : TomlValue;

internal sealed record TomlInteger(long Value) : TomlValue;

/// <summary>Not-a-number equals itself here, unlike in arithmetic: the question is whether the text means the same.</summary>
internal sealed record TomlFloat(double Value) : TomlValue
{
    public bool Equals(TomlFloat? other) => other is not null && Value.Equals(other.Value);

    public override int GetHashCode() => Value.GetHashCode();
}

/// <summary>Any of the four date and time kinds, as written.</summary>
internal sealed record TomlDate(string Text) : TomlValue;

/// <summary>An array, or an array of tables.</summary>
internal sealed record TomlArray(IReadOnlyList<TomlValue> Items) : TomlValue
{
    public static TomlArray Of(IEnumerable<string> strings) => new([.. strings.Select(s => new TomlString(s))]);

    public bool Equals(TomlArray? other) => other is not null && Items.SequenceEqual(other.Items);

    public override int GetHashCode() => Items.Count;
}

/// <summary>A table, wherever and however it is written; the order of keys has no meaning.</summary>
internal sealed record TomlTable(IReadOnlyDictionary<string, TomlValue> Entries) : TomlValue
{
    public static TomlTable Empty { get; } = new(new Dictionary<string, TomlValue>());

    /// <summary>The statements of one header or of one pair of braces.</summary>
    public static TomlTable Of(IEnumerable<KeyValueSyntax> statements) =>
        statements.Aggregate(
            Empty,
            (table, statement) => table.With(TomlPath.Of(statement.Key!), TomlValue.Of(statement.Value!))
        );

    public bool TryGet(string key, [NotNullWhen(true)] out TomlValue? value) => Entries.TryGetValue(key, out value);

    /// <summary>What is at a path of tables; null when nothing is.</summary>
    public TomlValue? Get(TomlPath path)
    {
        TomlValue? at = this;
        foreach (var segment in path.Segments)
        {
            at = (at as TomlTable)?.Entries.GetValueOrDefault(segment);
        }
        return at;
    }

    public TomlTable With(TomlPath path, TomlValue value) => Update(path, _ => value);

    /// <summary>
    /// The table with another value at a path; <paramref name="change"/> gets the one that is there, or null. On the way the
    /// last element of an array of tables stands for the array, as in the headers of a file.
    /// </summary>
    public TomlTable Update(TomlPath path, Func<TomlValue?, TomlValue> change)
    {
        var old = Entries.GetValueOrDefault(path[0]);
        var rest = path.Skip(1);
        return Put(
            path[0],
            (old, rest.Count) switch
            {
                (_, 0) => change(old),
                (TomlArray { Items: [.., TomlTable last] items }, _) => new TomlArray([
                    .. items.SkipLast(1),
                    last.Update(rest, change),
                ]),
                _ => (old as TomlTable ?? Empty).Update(rest, change),
            }
        );
    }

    public TomlTable Without(TomlPath path) =>
        path.Count > 1
            ? Entries.GetValueOrDefault(path[0]) is TomlTable child
                ? Put(path[0], child.Without(path.Skip(1)))
                : this
            : new TomlTable(Entries.Where(entry => entry.Key != path[0]).ToDictionary());

    /// <summary>Without empty tables: whether a table exists that has no keys is a matter of how the others are written.</summary>
    public TomlTable WithoutEmptyTables() =>
        new(
            Entries
                .Select(entry => (entry.Key, Value: (entry.Value as TomlTable)?.WithoutEmptyTables() ?? entry.Value))
                .Where(entry => entry.Value is not TomlTable { Entries.Count: 0 })
                .ToDictionary(entry => entry.Key, entry => entry.Value)
        );

    public bool Equals(TomlTable? other) =>
        other is not null
        && Entries.Count == other.Entries.Count
        && Entries.All(e => other.Entries.TryGetValue(e.Key, out var value) && e.Value.Equals(value));

    public override int GetHashCode() => Entries.Count;

    private TomlTable Put(string key, TomlValue value) =>
        new(new Dictionary<string, TomlValue>(Entries, StringComparer.Ordinal) { [key] = value });
}
