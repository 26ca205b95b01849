using System.Globalization;
using System.Text;

namespace Holdfast.Node.Toml;

/// <summary>Values to text, always on one line. Pure.</summary>
internal static class TomlText
{
    public static string OfKey(string key) => key.Length > 0 && key.All(TomlScanner.IsBareKey) ? key : OfString(key);

    public static string Of(TomlValue value) =>
        value switch
        {
            TomlString s => OfString(s.Value),
            TomlBoolean b => b.Value ? "true" : "false",
            TomlInteger i => i.Value.ToString(CultureInfo.InvariantCulture),
            TomlFloat f => OfFloat(f.Value),
            TomlDateTime d => d.Text,
            TomlArray a => $"[{string.Join(", ", a.Items.Select(Of))}]",
            TomlTable { Entries.Count: 0 } => "{}",
            TomlTable t => $"{{ {string.Join(", ", t.Entries.Select(e => $"{OfKey(e.Key)} = {Of(e.Value)}"))} }}",
            _ => throw new ArgumentOutOfRangeException(nameof(value)),
        };

    private static string OfFloat(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan"
                : value > 0 ? "inf"
                : "-inf";
        }
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny(".E") < 0 ? text + ".0" : text.Replace("E", "e", StringComparison.Ordinal);
    }

    private static string OfString(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' or '\u007f' => text.Append($"\\u{(int)c:X4}"),
                _ => text.Append(c),
            };
        }
        return text.Append('"').ToString();
    }
}
