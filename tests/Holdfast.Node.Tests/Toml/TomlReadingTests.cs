using Holdfast.Node.Toml;

namespace Holdfast.Node.Tests.Toml;

public sealed class TomlReadingTests
{
    private static TomlDocument Parse(string text) => TomlDocument.Parse(text, "config.toml");

    [Theory]
    [InlineData("a = \"x\\t\\\"\\u00e9\\U0001F600\\\\\"", "x\t\"é😀\\")]
    [InlineData("a = 'C:\\x\"'", "C:\\x\"")]
    [InlineData("a = ''", "")]
    [InlineData("a = \"\"\"\nx\ny\"\"\"", "x\ny")]
    [InlineData("a = \"\"\"x \\   \n\n  y\"\"\"", "x y")]
    [InlineData("a = \"\"\"x\"\"\"\"\"", "x\"\"")]
    [InlineData("a = '''x''y'''''", "x''y''")]
    [InlineData("a = \"\"\"\r\nx\r\ny\"\"\"", "x\r\ny")]
    [InlineData("\"a\" = \"# no comment\" # comment", "# no comment")]
    [InlineData("'a'= 'x'\t", "x")]
    [InlineData("\uFEFFa='x'", "x")]
    public void Strings_are_read(string text, string expected) =>
        Assert.Equal(new TomlString(expected), Parse(text).Get("a"));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("+99", 99)]
    [InlineData("-1_000", -1000)]
    [InlineData("0xDEAD_beef", 0xDEADBEEF)]
    [InlineData("0o755", 493)]
    [InlineData("0b1_1", 3)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void Integers_are_read(string text, long expected) =>
        Assert.Equal(new TomlInteger(expected), Parse($"a = {text}").Get("a"));

    [Theory]
    [InlineData("1.5", 1.5)]
    [InlineData("-0.01", -0.01)]
    [InlineData("5e+2_2", 5e22)]
    [InlineData("1_0.2_5E-1", 1.025)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("-inf", double.NegativeInfinity)]
    [InlineData("nan", double.NaN)]
    public void Floats_are_read(string text, double expected) =>
        Assert.Equal(new TomlFloat(expected), Parse($"a = {text}").Get("a"));

    [Theory]
    [InlineData("1979-05-27T07:32:00Z")]
    [InlineData("1979-05-27 07:32:00.999-07:00")]
    [InlineData("1979-05-27t07:32:00")]
    [InlineData("1979-05-27")]
    [InlineData("07:32:00.5")]
    [InlineData("2024-02-29")]
    public void Dates_are_read(string text) => Assert.Equal(new TomlDate(text), Parse($"a = {text} # c").Get("a"));

    [Fact]
    public void Tables_of_every_form_are_read()
    {
        var document = Parse(
            """
            top.dotted . "k.e.y" = 1
            [a."b.c".d] # comment
            x = [ 1, [ "y" ], # comment
              { z = true }, ]
            [a]
            inline = { p.q = 1, r = {} }
            [[list]]
            n = 1
            [list.sub]
            m = 2
            [[list]]
            [fruit]
            apple.taste.sweet = true
            [fruit.apple.texture]
            smooth = true
            """
        );

        Assert.Equal(1L, document.Get("top", "dotted", "k.e.y"));
        Assert.Equal(
            """{ "b.c" = { d = { x = [1, ["y"], { z = true }] } }, inline = { p = { q = 1 }, r = {} } }""",
            document.Get("a")!.ToString()
        );
        Assert.Equal("[{ n = 1, sub = { m = 2 } }, {}]", document.Get("list")!.ToString());
        Assert.Equal(
            "{ taste = { sweet = true }, texture = { smooth = true } }",
            document.Get("fruit", "apple")!.ToString()
        );
        Assert.Null(document.Get("a", "x"));
        Assert.Null(document.Get("top", "dotted", "k.e.y", "z"));
    }

    [Theory]
    [InlineData("a", 1)]
    [InlineData("a = b", 1)]
    [InlineData("a = 1 b = 2", 1)]
    [InlineData("a = 1\na = 2", 2)]
    [InlineData("[a]\n[a]", 2)]
    [InlineData("[a]\nb = 1\n[a.b]", 3)]
    [InlineData("a = {}\n[a.b]", 2)]
    [InlineData("a = { b = 1 }\na.c = 2", 2)]
    [InlineData("a.b = 1\n[a]", 2)]
    [InlineData("a.b.c = 1\n[a.b]", 2)]
    [InlineData("[a.b.c]\nz = 9\n[a]\nb.c.t = 1", 4)]
    [InlineData("[[a.b]]\n[a]\nb.y = 2", 3)]
    [InlineData("a = []\n[[a]]", 2)]
    [InlineData("[[a]]\n[a]", 2)]
    [InlineData("[a]\n[[a]]", 2)]
    [InlineData("[a.b]\n[[a]]", 2)]
    [InlineData("a = {b = 1, b = 2}", 1)]
    [InlineData("a = {b.c = 1, b = 2}", 1)]
    [InlineData("a = {b = {}, b.c = 2}", 1)]
    [InlineData("a = 1\nb = \"c", 2)]
    [InlineData("a = 01", 1)]
    [InlineData("a = 1__0", 1)]
    [InlineData("a = 9223372036854775808", 1)]
    [InlineData("a = 2023-02-29", 1)]
    [InlineData("a = [1 2]", 1)]
    [InlineData("imports = [ , ]", 1)]
    public void What_is_not_TOML_is_refused_with_its_line(string text, int line)
    {
        var e = Assert.Throws<NodeException>(() => Parse(text));
        Assert.Equal(NodeReason.FileNotUnderstood, e.Reason);
        Assert.StartsWith(
            $"cannot read config.toml as TOML: line {line}, column ",
            e.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("a = \"b\\")]
    [InlineData("a = \"\"\"b\\")]
    [InlineData("a = \"\\u12")]
    [InlineData("\"a\\")]
    public void A_text_that_ends_within_an_escape_is_refused(string text) =>
        Assert.Equal(NodeReason.FileNotUnderstood, Assert.Throws<NodeException>(() => Parse(text)).Reason);

    [Fact]
    public void Deep_nesting_does_not_exhaust_the_stack()
    {
        Assert.Throws<NodeException>(() => Parse("a = " + new string('[', 1_000_000)));
        Assert.Throws<NodeException>(() => Parse(string.Concat(Enumerable.Repeat("a = { ", 100_000))));
        Assert.NotNull(Parse("a = " + new string('[', 60) + new string(']', 60)).Get("a"));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused() =>
        Assert.Contains(
            "line 2",
            Assert.Throws<NodeException>(() => TomlDocument.Parse([.. "a=1\nb='"u8, 0xff], "f")).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("{0} = 1")]
    [InlineData("[{0}]")]
    [InlineData("[[{0}]]")]
    public void Keys_of_very_many_parts_are_refused_before_the_stack_ends(string form)
    {
        var deep = string.Join('.', Enumerable.Repeat("a", 200_000));
        var refusal = Assert.Throws<NodeException>(() =>
            Parse(string.Format(System.Globalization.CultureInfo.InvariantCulture, form, deep))
        );
        Assert.Contains("more than 64 parts", refusal.Message, StringComparison.Ordinal);
    }
}
