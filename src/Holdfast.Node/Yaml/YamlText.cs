using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;

namespace Holdfast.Node.Yaml;

/// <summary>Values to text, always on one line, so that it can stand in block and in flow style. Pure.</summary>
internal static partial class YamlText
{
    /// <summary>Words that YAML 1.1, which most programs still read, takes for something other than a string.</summary>
    private static readonly string[] Words11 = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

    /// <param name="like">The style of the value that is replaced: a string keeps its kind of quotes.</param>
    public static string Of(YamlValue value, ScalarStyle like = ScalarStyle.Plain) =>
        value switch
        {
            YamlString s => OfString(s.Value, like),
            YamlNull => "null",
            YamlBoolean b => b.Value ? "true" : "false",
            YamlInteger i => i.Value.ToString(CultureInfo.InvariantCulture),
            YamlFloat f => OfFloat(f.Value),
            YamlSequence s => $"[{string.Join(", ", s.Items.Select(i => Of(i)))}]",
            YamlMapping m => $"{{{string.Join(", ", m.Entries.Select(e => $"{OfKey(e.Key)}: {Of(e.Value)}"))}}}",
            _ => throw new ArgumentOutOfRangeException(nameof(value)),
        };

    public static string OfKey(string key) => OfString(key, ScalarStyle.Plain);

    private static string OfFloat(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? ".nan"
                : value > 0 ? ".inf"
                : "-.inf";
        }
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny(".E") < 0 ? text + ".0" : text;
    }

    private static string OfString(string text, ScalarStyle like)
    {
        if (like == ScalarStyle.SingleQuoted && !text.Any(char.IsControl))
        {
            return $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
        }
        return like != ScalarStyle.DoubleQuoted && IsPlain(text) ? text : Quoted(text);
    }

    /// <summary>Narrower than the language: what is plain here is a string for every version and every reader.</summary>
    private static bool IsPlain(string text) =>
        text.Length <= 512
        && PlainPattern().IsMatch(text)
        && !Words11.Contains(text, StringComparer.OrdinalIgnoreCase)
        && YamlValue.OfPlain(text) is YamlString;

    private static string Quoted(string text)
    {
        var written = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => written.Append("\\\""),
                '\\' => written.Append("\\\\"),
                '\n' => written.Append("\\n"),
                '\r' => written.Append("\\r"),
                '\t' => written.Append("\\t"),
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF' => written.Append($"\\u{(int)c:X4}"),
                _ => written.Append(c),
            };
        }
        return written.Append('"').ToString();
    }

    /// <summary>Words, paths, addresses with a scheme, image names, and durations as Go writes them.</summary>
    [GeneratedRegex(
        @"^(?:[A-Za-z/](?:[A-Za-z0-9_./@+-]|:(?=[A-Za-z0-9/]))*|(?:[0-9]+(?:h|ms|m|s))+)\z",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex PlainPattern();
}
