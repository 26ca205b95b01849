using Holdfast.Node.Software;

namespace Holdfast.Node.Tests.Software;

public class ChecksumFileTests
{
    private const string A = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string B = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    [Theory]
    [InlineData($"{A}  x.tar.gz\n", A)]
    [InlineData($"{A} *x.tar.gz", A)]
    [InlineData($"{B}  y.tar.gz\r\n{A}  x.tar.gz\r\n", A)]
    [InlineData($"{B}  x.tar.gz.asc\n{A}  ./release/x.tar.gz\n", A)]
    [InlineData($"# made by hand\n\n{A}  x.tar.gz\n", A)]
    [InlineData($"SHA256 (x.tar.gz) = {A}\n", A)]
    [InlineData($"{A}\n", A)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA  x.tar.gz\n", A)]
    [InlineData($"{B}  y.tar.gz\n", null)]
    [InlineData($"{A}\n{B}\n", null)]
    [InlineData("<html>404</html>", null)]
    [InlineData("", null)]
    [InlineData("abc  x.tar.gz", null)]
    public void Finds_the_line_of_the_archive(string text, string? hash) =>
        Assert.Equal(hash, ChecksumFile.Find(text, "x.tar.gz"));
}
