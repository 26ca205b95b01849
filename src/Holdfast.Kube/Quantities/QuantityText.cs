using System.Globalization;
using System.Numerics;

namespace Holdfast.Kube;

/// <summary>Reads and writes the text of quantities, to the letter of Kubernetes' own parser.</summary>
internal static class QuantityText
{
    public const string Pattern = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$";

    // Longer numbers are refused before any arithmetic: nobody writes them, and big integers cost quadratic time.
    private const int LongestText = 128;

    // Beyond these powers of ten the result is the largest or the smallest quantity anyway.
    private const int LargestExponent = 200;

    private static readonly string[] BinarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    private static readonly string[] DecimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

    public static bool TryParse(string? text, out Quantity quantity)
    {
        quantity = default;
        if (string.IsNullOrEmpty(text) || text.Length > LongestText)
            return false;

        var span = text.AsSpan();
        var negative = span[0] == '-';
        if (span[0] is '+' or '-')
            span = span[1..];

        var end = span.IndexOfAnyExcept(System.Buffers.SearchValues.Create("0123456789."));
        var digits = end < 0 ? span : span[..end];
        var suffix = end < 0 ? default : span[end..];
        if (!TryReadDigits(digits, out var mantissa, out var scale))
            return false;
        if (!TryReadSuffix(suffix, out var format, out var shift, out var exponent))
            return false;

        var nanos = ToNanos(mantissa << shift, exponent - scale + 9);
        // Kubernetes does not keep a binary suffix for what is smaller than one.
        if (format == QuantityFormat.BinarySI && nanos > 0 && nanos < Quantity.NanosPerUnit && !negative)
            format = QuantityFormat.DecimalSI;
        quantity = new Quantity(negative ? -nanos : nanos, format);
        return true;
    }

    public static string Write(Quantity quantity)
    {
        var format = quantity.Format;
        if (quantity.IsZero)
            return "0";
        if (format == QuantityFormat.BinarySI && !FitsBinary(quantity.Nanos))
            format = QuantityFormat.DecimalSI;
        return format == QuantityFormat.BinarySI ? WriteBinary(quantity.Nanos) : WriteDecimal(quantity.Nanos, format);
    }

    private static bool TryReadDigits(ReadOnlySpan<char> digits, out BigInteger mantissa, out int scale)
    {
        mantissa = default;
        scale = 0;
        var dot = digits.IndexOf('.');
        if (dot >= 0 && digits[(dot + 1)..].Contains('.'))
            return false;
        var whole = dot < 0 ? digits.ToString() : string.Concat(digits[..dot], digits[(dot + 1)..]);
        scale = dot < 0 ? 0 : digits.Length - dot - 1;
        return BigInteger.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out mantissa);
    }

    private static bool TryReadSuffix(
        ReadOnlySpan<char> suffix,
        out QuantityFormat format,
        out int shift,
        out int exponent
    )
    {
        (format, shift, exponent) = (QuantityFormat.DecimalSI, 0, 0);
        if (suffix.IsEmpty)
            return true;

        for (var i = 1; i < BinarySuffixes.Length; i++)
            if (suffix.SequenceEqual(BinarySuffixes[i]))
            {
                (format, shift) = (QuantityFormat.BinarySI, 10 * i);
                return true;
            }
        for (var i = 0; i < DecimalSuffixes.Length; i++)
            if (suffix.SequenceEqual(DecimalSuffixes[i]))
            {
                exponent = 3 * i - 9;
                return true;
            }

        format = QuantityFormat.DecimalExponent;
        if (suffix[0] is not ('e' or 'E'))
            return false;
        if (!long.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power))
            return false;
        exponent = (int)Math.Clamp(power, -LargestExponent, LargestExponent);
        return true;
    }

    /// <summary>mantissa * 10^power, rounded up: whoever asked for some gets some.</summary>
    private static decimal ToNanos(BigInteger mantissa, int power)
    {
        if (power >= 0)
            return Capped(mantissa * BigInteger.Pow(10, power));
        var quotient = BigInteger.DivRem(mantissa, BigInteger.Pow(10, -power), out var remainder);
        return Capped(remainder.IsZero ? quotient : quotient + 1);
    }

    private static decimal Capped(BigInteger nanos) =>
        nanos > (BigInteger)Quantity.MaxNanos ? Quantity.MaxNanos : (decimal)nanos;

    private static bool FitsBinary(decimal nanos) =>
        Math.Abs(nanos) >= 1024 * Quantity.NanosPerUnit && nanos % Quantity.NanosPerUnit == 0;

    private static string WriteBinary(decimal nanos)
    {
        var number = nanos / Quantity.NanosPerUnit;
        var index = 0;
        while (index < BinarySuffixes.Length - 1 && number % 1024 == 0)
        {
            number /= 1024;
            index++;
        }
        return number.ToString(CultureInfo.InvariantCulture) + BinarySuffixes[index];
    }

    private static string WriteDecimal(decimal nanos, QuantityFormat format)
    {
        var index = 0;
        while (index < DecimalSuffixes.Length - 1 && nanos % 1000 == 0)
        {
            nanos /= 1000;
            index++;
        }
        var number = nanos.ToString(CultureInfo.InvariantCulture);
        if (format == QuantityFormat.DecimalSI)
            return number + DecimalSuffixes[index];
        var exponent = 3 * index - 9;
        return exponent == 0 ? number : string.Create(CultureInfo.InvariantCulture, $"{number}e{exponent}");
    }
}
