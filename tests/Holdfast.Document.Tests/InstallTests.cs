using Holdfast.Document;

namespace Holdfast.Document.Tests;

public class InstallTests
{
    private const string Head = "apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: { name: n }\n";
    private const string Hash = "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789";

    [Fact]
    public void An_archive_has_addresses_and_a_checksum()
    {
        var install = Assert.IsType<InstallSpec.Archive>(
            Read(
                $$"""
                archive:
                  url: https://example.org/v1/containerd-1.7.2-linux-amd64.tar.gz
                  mirrors: [http://10.0.0.1/containerd.tgz, file:///media/usb/c.tar.gz]
                  sha256: {{Hash.ToUpperInvariant()}}
                """
            )
        );
        Assert.Equal("containerd-1.7.2-linux-amd64.tar.gz", install.Source.FileName);
        Assert.Equal(Hash, install.Source.Sha256);
        Assert.Null(install.Source.Sha256Url);
        Assert.Equal(
            ["http://10.0.0.1/containerd.tgz", "file:///media/usb/c.tar.gz"],
            install.Source.Mirrors.Select(mirror => mirror.ToString())
        );
    }

    [Fact]
    public void A_checksum_may_be_published_beside_the_archive()
    {
        var install = Assert.IsType<InstallSpec.Archive>(
            Read(
                """
                archive:
                  url: https://example.org/kata-static-3.2.0-amd64.tar.xz
                  sha256Url: https://example.org/kata-static-3.2.0-amd64.tar.xz.sha256sum
                """
            )
        );
        Assert.EndsWith(".sha256sum", install.Source.Sha256Url!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("apt: {}", typeof(InstallSpec.Apt))]
    [InlineData("present: {}", typeof(InstallSpec.Present))]
    [InlineData("bundle: {}", typeof(InstallSpec.Bundle))]
    public void The_other_installs_have_nothing_below_them(string text, Type type) => Assert.IsType(type, Read(text));

    [Theory]
    [InlineData("a.tar.gz")]
    [InlineData("a.tgz")]
    [InlineData("a.tar.xz")]
    [InlineData("a.tar.zst?download=1")]
    [InlineData("a.tar")]
    public void Every_compression_that_can_be_unpacked_is_taken(string name) =>
        Assert.IsType<InstallSpec.Archive>(Read($$"""archive: { url: "http://h/{{name}}", sha256: {{Hash}} }"""));

    [Fact]
    public void Ten_mistakes_in_an_archive_are_ten_errors()
    {
        var errors = Errors(
            """
            archive:
              url: http://user:word@h/a.tar.gz
              mirrors: [ftp://h/a.tar.gz, http://h/a.zip, http://h/, 5, http:a.tar.gz, "file://h/a.tar.gz"]
              sha256: abc
              sha256Url: nowhere
              sha265: abc
            """
        );
        string[] expected =
        [
            "archive.url: \"http://user:word@h/a.tar.gz\" is not an http",
            "archive.mirrors[0]: \"ftp://h/a.tar.gz\" is not an http",
            "archive.mirrors[1]: \"http://h/a.zip\" does not end with .tar.gz",
            "archive.mirrors[2]: \"http://h/\" is not an http",
            "archive.mirrors[3]: must be a string",
            "archive.mirrors[4]: \"http:a.tar.gz\" is not an http",
            "archive.mirrors[5]: \"file://h/a.tar.gz\" is not an http",
            "archive.sha256: \"abc\" is not a SHA-256",
            "archive.sha256Url: \"nowhere\" is not an http",
            "archive.sha256Url: is there beside sha256",
            "archive.sha265: unknown key; did you mean \"sha256\"?",
        ];
        Assert.Equal(expected.Length, errors.Count);
        Assert.All(
            expected,
            words => Assert.Contains(errors, error => error.ToString().Contains(words, StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData("archive: {}", "archive.url: is missing")]
    [InlineData("archive: { url: http://h/a.tar.gz }", "archive.sha256: is missing")]
    [InlineData(
        "archive: { url: http://h/a.tar.gz, sha256Url: http://h/a.sha256 }",
        "archive.sha256Url: \"http://h/a.sha256\" is not safe against changes on the way; use an https or file address"
    )]
    [InlineData("bundle: { file: x }", "bundle.file: unknown key")]
    [InlineData("archve: {}", "did you mean \"archive\"")]
    public void What_is_missing_or_unknown_is_told(string text, string words) =>
        Assert.Contains(Errors(text), error => error.ToString().Contains(words, StringComparison.Ordinal));

    private static InstallSpec Read(string install)
    {
        var result = NodeDocument.Parse(Document(install), "test.yaml", "n");
        Assert.Empty(result.Errors);
        return result.Spec!.Runtimes[0].Install;
    }

    private static IReadOnlyList<DocumentError> Errors(string install) =>
        NodeDocument.Parse(Document(install), "test.yaml", "n").Errors;

    private static string Document(string install) =>
        $"{Head}spec:\n  runtimes:\n    - name: c\n      install:\n"
        + string.Concat(install.Split('\n').Select(line => $"        {line}\n"));
}
