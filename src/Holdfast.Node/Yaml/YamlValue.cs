using System.Globalization;

namespace Holdfast.Node.Yaml;

/// <summary>A value of a YAML document, free of how it is written. Immutable; equal when the meaning is equal.</summary>
internal abstract record YamlValue
{
    public static implicit operator YamlValue(string value) => new YamlString(value);

    public static implicit operator YamlValue(bool value) => new YamlBoolean(value);

    public static implicit operator YamlValue(long value) => new YamlInteger(value);

    /// <summary>What a plain scalar means in YAML 1.2's core schema.</summary>
    public static YamlValue OfPlain(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return YamlNull.Instance;
            case "true" or "True" or "TRUE":
                return true;
            case "false" or "False" or "FALSE":
                return false;
            case ".nan" or ".NaN" or ".NAN":
                return new YamlFloat(double.NaN);
        }
        var digits = text.AsSpan();
        if (digits.StartsWith("0x") && long.TryParse(digits[2..], NumberStyles.AllowHexSpecifier, null, out var hex))
        {
            return hex;
        }
        if (digits.IndexOfAnyExcept("0123456789+-.eE") >= 0)
        {
            return text.TrimStart('+', '-') is ".inf" or ".Inf" or ".INF"
                ? new YamlFloat(text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity)
                : text;
        }
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            return integer;
        }
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? new YamlFloat(number)
            : text;
    }
}

internal sealed record YamlNull : YamlValue
{
    public static YamlNull Instance { get; } = new();
}

internal sealed record YamlString(string Value) : YamlValue;

internal sealed record YamlBoolean(bool Value) : YamlValue;

internal sealed record YamlInteger(long Value) : YamlValue;

/// <summary>Not-a-number equals itself here: the question is whether the text means the same.</summary>
internal sealed record YamlFloat(double Value) : YamlValue
{
    public bool Equals(YamlFloat? other) => other is not null && Value.Equals(other.Value);

    public override int GetHashCode() => Value.GetHashCode();
}

internal sealed record YamlSequence(IReadOnlyList<YamlValue> Items) : YamlValue
{
    public bool Equals(YamlSequence? other) => other is not null && Items.SequenceEqual(other.Items);

    public override int GetHashCode() => Items.Count;
}

/// <summary>A mapping; keys are the texts of scalars, their order has no meaning.</summary>
internal sealed record YamlMapping(IReadOnlyDictionary<string, YamlValue> Entries) : YamlValue
{
    public static YamlMapping Empty { get; } = new(new Dictionary<string, YamlValue>());

    public bool Equals(YamlMapping? other) =>
        other is not null
        && Entries.Count == other.Entries.Count
        && Entries.All(e => other.Entries.TryGetValue(e.Key, out var value) && e.Value.Equals(value));

    public override int GetHashCode() => Entries.Count;

    /// <summary>The same with a value at a path, mappings made on the way where nothing is.</summary>
    public static YamlValue With(YamlValue? at, YamlPath path, YamlValue value)
    {
        if (path.Count == 0)
        {
            return value;
        }
        if (at is YamlSequence sequence)
        {
            var items = sequence.Items.ToArray();
            var index = int.Parse(path[0], CultureInfo.InvariantCulture);
            items[index] = With(items[index], path.Skip(1), value);
            return new YamlSequence(items);
        }
        var entries = new Dictionary<string, YamlValue>((at as YamlMapping ?? Empty).Entries);
        entries[path[0]] = With(entries.GetValueOrDefault(path[0]), path.Skip(1), value);
        return new YamlMapping(entries);
    }

    /// <summary>The same without the entry at a path, which is there.</summary>
    public static YamlValue Without(YamlValue at, YamlPath path)
    {
        if (at is YamlSequence sequence)
        {
            var items = sequence.Items.ToArray();
            var index = int.Parse(path[0], CultureInfo.InvariantCulture);
            items[index] = Without(items[index], path.Skip(1));
            return new YamlSequence(items);
        }
        var entries = new Dictionary<string, YamlValue>(((YamlMapping)at).Entries);
        if (path.Count == 1)
        {
            entries.Remove(path[0]);
        }
        else
        {
            entries[path[0]] = Without(entries[path[0]], path.Skip(1));
        }
        return new YamlMapping(entries);
    }
}
