using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Node.Toml;

/// <summary>Values that are words: true, false, numbers, dates and times.</summary>
internal sealed partial class TomlScanner
{
    /// <summary>Characters; the longest date has 35, and nobody writes longer numbers.</summary>
    private const int LongestWord = 1024;

    private TomlValue Word()
    {
        var start = Position;
        while (!AtEnd && (char.IsAsciiLetterOrDigit(Current) || Current is '+' or '-' or '_' or '.' or ':'))
        {
            Position++;
        }
        // A date and a time may be parted by one space.
        if (Position - start == 10 && DateStart().IsMatch(text.AsSpan(start, 10)) && TimeFollows())
        {
            Position++;
            while (!AtEnd && (char.IsAsciiDigit(Current) || Current is ':' or '.' or '+' or '-' or 'Z' or 'z'))
            {
                Position++;
            }
        }
        var word = text[start..Position];
        if (word.Length is 0 or > LongestWord)
        {
            throw Error(
                word.Length == 0 ? $"a value is expected here, not {Describe()}" : "this value is too long",
                start
            );
        }
        return word switch
        {
            "true" => new TomlBoolean(true),
            "false" => new TomlBoolean(false),
            "inf" or "+inf" => new TomlFloat(double.PositiveInfinity),
            "-inf" => new TomlFloat(double.NegativeInfinity),
            "nan" or "+nan" or "-nan" => new TomlFloat(double.NaN),
            _ => Number(word, start)
                ?? DateOrTime(word)
                ?? throw Error($"{word} is not a TOML value; text needs quotes", start),
        };
    }

    private bool TimeFollows() =>
        Position + 3 < text.Length
        && text[Position] == ' '
        && char.IsAsciiDigit(text[Position + 1])
        && char.IsAsciiDigit(text[Position + 2])
        && text[Position + 3] == ':';

    private TomlValue? Number(string word, int start)
    {
        if (DecimalInteger().IsMatch(word))
        {
            return long.TryParse(
                Digits(word),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture,
                out var number
            )
                ? new TomlInteger(number)
                : throw Error($"{word} does not fit into 64 bits", start);
        }
        if (PrefixedInteger().IsMatch(word))
        {
            return new TomlInteger(Prefixed(word, start));
        }
        return Float().IsMatch(word)
            ? new TomlFloat(double.Parse(Digits(word), NumberStyles.Float, CultureInfo.InvariantCulture))
            : null;
    }

    private long Prefixed(string word, int start)
    {
        var radix = word[1] switch
        {
            'x' => 16,
            'o' => 8,
            _ => 2,
        };
        long number = 0;
        foreach (var digit in Digits(word[2..]))
        {
            var value = char.IsAsciiDigit(digit) ? digit - '0' : char.ToLowerInvariant(digit) - 'a' + 10;
            if (number > (long.MaxValue - value) / radix)
            {
                throw Error($"{word} does not fit into 64 bits", start);
            }
            number = (number * radix) + value;
        }
        return number;
    }

    private static string Digits(string word) => word.Replace("_", "", StringComparison.Ordinal);

    private static TomlDateTime? DateOrTime(string word)
    {
        var match = DateTimePattern().Match(word);
        if (!match.Success)
        {
            return null;
        }
        int Part(string name) =>
            match.Groups[name] is { Success: true } g ? int.Parse(g.ValueSpan, NumberStyles.None) : -1;

        if (Part("month") >= 0)
        {
            var (year, month) = (Part("year"), Part("month"));
            // Year 0 is one in RFC 3339 and a leap year; the framework begins with 1.
            var isGood =
                month is >= 1 and <= 12
                && Part("day") >= 1
                && Part("day") <= DateTime.DaysInMonth(year == 0 ? 4 : year, month);
            if (!isGood)
            {
                return null;
            }
        }
        // A 60th second is a leap second.
        var timeIsGood = Part("hour") <= 23 && Part("minute") <= 59 && Part("second") <= 60;
        var offsetIsGood = Part("offsetHour") <= 23 && Part("offsetMinute") <= 59;
        return timeIsGood && offsetIsGood ? new TomlDateTime(word) : null;
    }

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DateStart();

    [GeneratedRegex(@"\A[+-]?(0|[1-9](_?[0-9])*)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DecimalInteger();

    [GeneratedRegex(
        @"\A0(x[0-9A-Fa-f](_?[0-9A-Fa-f])*|o[0-7](_?[0-7])*|b[01](_?[01])*)\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex PrefixedInteger();

    [GeneratedRegex(
        @"\A[+-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+-]?[0-9](_?[0-9])*)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Float();

    private const string Time = "(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})([.][0-9]+)?";
    private const string Date = "(?<year>[0-9]{4})-(?<month>[0-9]{2})-(?<day>[0-9]{2})";
    private const string Offset = "([Zz]|[+-](?<offsetHour>[0-9]{2}):(?<offsetMinute>[0-9]{2}))";

    [GeneratedRegex(
        $@"\A({Date}([Tt ]{Time}{Offset}?)?|{Time})\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture
    )]
    private static partial Regex DateTimePattern();
}
