using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Holdfast.Kube;

/// <summary>
/// What a plain scalar means, as the YAML library of kubectl and the kubelet decides it (sigs.k8s.io/yaml over go-yaml v2): 0644
/// is octal, yes and on are booleans, a date stays a string. Manifests are written for that reading.
/// </summary>
internal static partial class YamlScalar
{
    public static JsonNode? Resolve(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
        }
        return text[0] is '+' or '-' or '.' or (>= '0' and <= '9')
            ? Number(text) ?? JsonValue.Create(text)
            : JsonValue.Create(text);
    }

    /// <summary>Infinity and not-a-number: legal YAML that JSON cannot say.</summary>
    public static bool IsBeyondJson(string text) => BeyondJson().IsMatch(text);

    public static JsonNode? Number(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (Integer().IsMatch(plain))
            return IntegerValue(plain);
        return
            Float().IsMatch(plain)
            && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number)
            ? JsonValue.Create(number)
            : null;
    }

    private static JsonNode? IntegerValue(string plain)
    {
        var negative = plain[0] == '-';
        var digits = plain.AsSpan(plain[0] is '+' or '-' ? 1 : 0);
        var value = digits switch
        {
            ['0', 'x' or 'X', .. var hex] => Accumulate(hex, 16),
            ['0', 'b' or 'B', .. var binary] => Accumulate(binary, 2),
            ['0', 'o' or 'O', .. var octal] => Accumulate(octal, 8),
            ['0', .. { Length: > 0 } octal] => Accumulate(octal, 8),
            _ => Accumulate(digits, 10),
        };
        if (value is not { } magnitude)
            // 089 is no octal number; go-yaml then reads it as a float.
            return double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? JsonValue.Create(number)
                : null;
        var signed = negative ? -magnitude : magnitude;
        if (signed >= long.MinValue && signed <= long.MaxValue)
            return JsonValue.Create((long)signed);
        return signed >= 0 && signed <= ulong.MaxValue
            ? JsonValue.Create((ulong)signed)
            : JsonValue.Create((double)signed);
    }

    private static BigInteger? Accumulate(ReadOnlySpan<char> digits, int radix)
    {
        BigInteger value = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
                return null;
            value = value * radix + digit;
        }
        return value;
    }

    // 400 digits are more than any double holds; without a bound the product above would be quadratic in hostile input.
    [GeneratedRegex(
        @"^[-+]?(0[xX][0-9a-fA-F]{1,64}|0[bB][01]{1,64}|0[oO][0-7]{1,64}|[0-9]{1,400})\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Integer();

    [GeneratedRegex(
        @"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Float();

    [GeneratedRegex(
        @"^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex BeyondJson();
}
