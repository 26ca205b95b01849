using System.Diagnostics.CodeAnalysis;

namespace Holdfast.Node.Toml;

/// <summary>A value of a TOML document, free of how it is written. Immutable; equal when the meaning is equal.</summary>
internal abstract record TomlValue
{
    public static implicit operator TomlValue(string value) => new TomlString(value);

    public static implicit operator TomlValue(bool value) => new TomlBoolean(value);

    public static implicit operator TomlValue(long value) => new TomlInteger(value);
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

/// <summary>Any of the four date and time kinds, kept as written: nobody calculates with them here.</summary>
internal sealed record TomlDateTime(string Text) : TomlValue;

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

    public bool TryGet(string key, [NotNullWhen(true)] out TomlValue? value) => Entries.TryGetValue(key, out value);

    public bool Equals(TomlTable? other) =>
        other is not null
        && Entries.Count == other.Entries.Count
        && Entries.All(e => other.Entries.TryGetValue(e.Key, out var value) && e.Value.Equals(value));

    public override int GetHashCode() => Entries.Count;
}
