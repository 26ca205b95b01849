using System.Formats.Tar;
using Holdfast.Document;
using Holdfast.Node.Software;
using Holdfast.Testing;

namespace Holdfast.Node.Tests.Software;

/// <summary>An archive of any content stays in its directory, or is refused.</summary>
public sealed class ArchiveExtractionTests : IDisposable
{
    private readonly TemporaryDirectory temporary = new("hfx");

    public void Dispose() => temporary.Dispose();

    public static TheoryData<string, byte[]> Unusable =>
        new()
        {
            { "a path out", new TestArchive().File("a/../../evil", "x").ToTar() },
            { "a link out", new TestArchive().Link("a", "../evil").ToTar() },
            { "a file that is a directory", new TestArchive().Directory("a").File("a", "x").ToTar() },
            { "nothing", new TestArchive().ToTar() },
            { "no tar", new byte[4096] },
            { "half an archive", new TestArchive().File("a", new string('x', 5000)).ToTar()[..2000] },
            { "a damaged gzip", [.. new TestArchive().File("a", "x").ToGzip()[..20], .. new byte[50]] },
        };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task What_leads_out_or_is_damaged_is_refused_and_nothing_is_written_elsewhere(
        string what,
        byte[] archive
    )
    {
        var refusal = await Assert.ThrowsAsync<NodeException>(() => ExtractAsync(archive));

        Assert.Equal(NodeReason.ArchiveRefused, refusal.Reason);
        Assert.Contains("nothing was changed", refusal.Message, StringComparison.Ordinal);
        Assert.True(
            Directory
                .GetFileSystemEntries(temporary.Path)
                .Select(Path.GetFileName)
                .Order()
                .SequenceEqual(["archive", "in"]),
            what
        );
    }

    [Fact]
    public async Task Files_modes_times_and_links_come_out_as_they_went_in()
    {
        var at = await ExtractAsync(
            new TestArchive()
                .Directory("./", 0b111_000_000)
                .Directory("./bin", 0b111_101_101)
                .File("./bin/tool", "old")
                .File("./bin/tool", "tool", 0b111_101_101)
                .Link("bin/alias", "tool")
                .Link("bin/up", "../share/text")
                .File("share/text", "text", 0b110_100_000)
                .HardLink("share/same", "share/text")
                .ToGzip()
        );

        Assert.Equal("tool", File.ReadAllText(Path.Join(at, "bin/alias")));
        Assert.Equal("text", File.ReadAllText(Path.Join(at, "bin/up")));
        Assert.Equal("text", File.ReadAllText(Path.Join(at, "share/same")));
        Assert.Equal(0b111_101_101, (int)File.GetUnixFileMode(at));
        Assert.Equal(0b111_101_101, (int)File.GetUnixFileMode(Path.Join(at, "bin")));
        Assert.Equal(0b111_101_101, (int)File.GetUnixFileMode(Path.Join(at, "bin/tool")));
        Assert.Equal(0b110_100_000, (int)File.GetUnixFileMode(Path.Join(at, "share/text")));
        Assert.Equal(TestArchive.Time.UtcDateTime, File.GetLastWriteTimeUtc(Path.Join(at, "bin/tool")));
    }

    [Theory]
    [InlineData("", "opt/kata/bin/x")]
    [InlineData("opt/kata", "bin/x")]
    public async Task Only_the_wanted_part_is_given(string part, string expected)
    {
        var archive = new TestArchive().File("./opt/kata/bin/x", "x").File("etc/passwd", "no").ToGzip();
        var at = await ExtractAsync(archive, part);
        Assert.True(File.Exists(Path.Join(at, expected)));
        Assert.Equal(part.Length == 0, File.Exists(Path.Join(at, "etc/passwd")));
    }

    [Fact]
    public async Task The_one_directory_of_an_archive_need_not_be_named()
    {
        var at = await ExtractAsync(new TestArchive().File("cri-o/bin/x", "x").ToGzip(), SoftwareSpec.SingleDirectory);
        Assert.True(File.Exists(Path.Join(at, "bin/x")));
    }

    [Theory]
    [InlineData("opt/kata", "it has nothing in /opt/kata")]
    [InlineData(SoftwareSpec.SingleDirectory, "more than the one directory")]
    public async Task An_archive_without_the_wanted_part_is_refused(string part, string cause)
    {
        var archive = new TestArchive().File("a/x", "x").File("b/x", "x").ToGzip();
        var refusal = await Assert.ThrowsAsync<NodeException>(() => ExtractAsync(archive, part));
        Assert.Contains(cause, refusal.Message, StringComparison.Ordinal);
    }

    private Task<string> ExtractAsync(byte[] archive, string part = "")
    {
        var file = Path.Join(temporary.Path, "archive");
        File.WriteAllBytes(file, archive);
        var spec = new SoftwareSpec(
            "tool",
            new ArchiveSpec { Url = new Uri("http://h/a.tar.gz"), Sha256 = new string('a', 64) }
        )
        {
            Part = part,
        };
        return ArchiveExtraction.RunAsync(file, Path.Join(temporary.Path, "in"), spec, CancellationToken.None);
    }
}
