using System.Globalization;
using System.Text;

namespace Holdfast.Node.Toml;

/// <summary>
/// The characters of a TOML 1.0 text and what is made of them directly: white space, comments, keys, strings, numbers,
/// dates. Knows nothing of tables. Serves one parser.
/// </summary>
internal sealed partial class TomlScanner(string text)
{
    public int Position { get; set; } = text.StartsWith('\uFEFF') ? 1 : 0;

    public bool AtEnd => Position >= text.Length;

    public char Current => Position < text.Length ? text[Position] : '\0';

    public static bool IsBareKey(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';

    public TomlSyntaxException Error(string message, int? at = null) => new(at ?? Position, message);

    public bool Take(char c)
    {
        if (Current != c || AtEnd)
        {
            return false;
        }
        Position++;
        return true;
    }

    public bool Take(string word)
    {
        if (string.CompareOrdinal(text, Position, word, 0, word.Length) != 0)
        {
            return false;
        }
        Position += word.Length;
        return true;
    }

    public void SkipSpace()
    {
        while (!AtEnd && Current is ' ' or '\t')
        {
            Position++;
        }
    }

    /// <summary>White space, comments and line ends.</summary>
    public void SkipLines()
    {
        while (true)
        {
            SkipSpace();
            SkipComment();
            if (!TakeLineEnd())
            {
                return;
            }
        }
    }

    /// <summary>What may follow a statement on its line.</summary>
    public void FinishLine()
    {
        SkipSpace();
        SkipComment();
        if (!AtEnd && !TakeLineEnd())
        {
            throw Error($"{Describe()} is not expected here; a line holds one key or one header");
        }
    }

    /// <summary>The current character for a message.</summary>
    public string Describe()
    {
        if (AtEnd)
        {
            return "the end of the file";
        }
        return char.IsControl(Current) || char.IsSurrogate(Current) ? $"U+{(int)Current:X4}" : $"'{Current}'";
    }

    public TomlPath Key()
    {
        var segments = new List<string>();
        do
        {
            SkipSpace();
            segments.Add(Segment());
            SkipSpace();
        } while (Take('.'));
        return new TomlPath(segments);
    }

    private string Segment()
    {
        if (Current is '"' or '\'' && !AtEnd)
        {
            if (
                string.CompareOrdinal(text, Position, "\"\"\"", 0, 3) == 0
                || string.CompareOrdinal(text, Position, "'''", 0, 3) == 0
            )
            {
                throw Error("a key cannot be a multi-line string");
            }
            return Current == '"' ? BasicString() : LiteralString();
        }
        var start = Position;
        while (!AtEnd && IsBareKey(Current))
        {
            Position++;
        }
        return Position > start ? text[start..Position] : throw Error($"a key is expected here, not {Describe()}");
    }

    /// <summary>A value that is neither array nor table.</summary>
    public TomlValue Scalar()
    {
        if (AtEnd)
        {
            throw Error("a value is missing here");
        }
        return Current switch
        {
            '"' => new TomlString(Take("\"\"\"") ? MultiLineString('"') : BasicString()),
            '\'' => new TomlString(Take("'''") ? MultiLineString('\'') : LiteralString()),
            _ => Word(),
        };
    }

    private void SkipComment()
    {
        if (!Take('#'))
        {
            return;
        }
        while (!AtEnd && Current != '\n' && !AtCarriageReturn)
        {
            RefuseControl();
            Position++;
        }
    }

    private bool AtCarriageReturn => Current == '\r' && Position + 1 < text.Length && text[Position + 1] == '\n';

    private bool TakeLineEnd() => Take('\n') || Take("\r\n");

    private void RefuseControl()
    {
        if (Current is (< ' ' and not '\t') or '\u007f')
        {
            throw Error($"control character {Describe()} is not allowed in TOML");
        }
    }

    private string BasicString()
    {
        var opening = Position++;
        var value = new StringBuilder();
        while (true)
        {
            if (AtEnd || Current is '\n' or '\r')
            {
                throw Error("this string is not closed", opening);
            }
            if (Take('"'))
            {
                return value.ToString();
            }
            if (Current == '\\')
            {
                Escape(value);
                continue;
            }
            RefuseControl();
            value.Append(text[Position++]);
        }
    }

    private string LiteralString()
    {
        var opening = Position++;
        while (!AtEnd && Current is not ('\'' or '\n' or '\r'))
        {
            RefuseControl();
            Position++;
        }
        return Take('\'') ? text[(opening + 1)..(Position - 1)] : throw Error("this string is not closed", opening);
    }

    private string MultiLineString(char quote)
    {
        var opening = Position - 3;
        _ = TakeLineEnd();
        var value = new StringBuilder();
        while (!AtEnd)
        {
            if (Current == quote)
            {
                // Up to two quotes may stand before the closing three.
                var run = 0;
                while (run < 5 && Take(quote))
                {
                    run++;
                }
                value.Append(quote, run < 3 ? run : run - 3);
                if (run >= 3)
                {
                    return value.ToString();
                }
            }
            else if (Current == '\\' && quote == '"')
            {
                if (!SkipLineBreakAfterBackslash())
                {
                    Escape(value);
                }
            }
            else if (Take("\r\n") || Take('\n'))
            {
                value.Append('\n');
            }
            else
            {
                RefuseControl();
                value.Append(text[Position++]);
            }
        }
        throw Error("this string is not closed", opening);
    }

    /// <summary>A backslash at a line's end eats the line end and all white space after it.</summary>
    private bool SkipLineBreakAfterBackslash()
    {
        var start = Position;
        Position++;
        SkipSpace();
        if (!TakeLineEnd())
        {
            Position = start;
            return false;
        }
        do
        {
            SkipSpace();
        } while (TakeLineEnd());
        return true;
    }

    private void Escape(StringBuilder value)
    {
        var start = Position++;
        var kind = AtEnd ? '\0' : text[Position++];
        if (kind is 'u' or 'U')
        {
            var digits = kind == 'u' ? 4 : 8;
            if (
                Position + digits > text.Length
                || !uint.TryParse(
                    text.AsSpan(Position, digits),
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var code
                )
                || !Rune.IsValid(code)
            )
            {
                throw Error($"\\{kind} must be followed by {digits} hexadecimal digits that name a character", start);
            }
            Position += digits;
            value.Append(new Rune(code).ToString());
            return;
        }
        value.Append(
            kind switch
            {
                'b' => '\b',
                't' => '\t',
                'n' => '\n',
                'f' => '\f',
                'r' => '\r',
                '"' => '"',
                '\\' => '\\',
                _ => throw Error("this is not an escape of TOML; a backslash itself is written \\\\", start),
            }
        );
    }
}
