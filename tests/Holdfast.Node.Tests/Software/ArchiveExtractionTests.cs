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

    public static TheoryData<string, byte[]> Hostile =>
        new()
        {
            { "a parent", new TestArchive().File("../evil", "x").ToTar() },
            { "a parent in the middle", new TestArchive().File("a/../../evil", "x").ToTar() },
            { "an absolute path", new TestArchive().File("/evil", "x").ToTar() },
            { "a link out", new TestArchive().Link("a", "../evil").ToTar() },
            { "an absolute link", new TestArchive().Link("a", "/etc").ToTar() },
            { "a file through a link", new TestArchive().Directory("d").Link("a", "d").File("a/evil", "x").ToTar() },
            {
                // What the framework's own extraction writes outside: the last link stays inside by its text only.
                "a link through a link",
                new TestArchive()
                    .Directory("d/e")
                    .Directory("q")
                    .Link("d/e/l", "../../q")
                    .Link("m", "d/e/l/../..")
                    .File("m/evil", "x")
                    .ToTar()
            },
            { "a hard link out", new TestArchive().HardLink("h", "../evil").ToTar() },
            {
                "a hard link through a link",
                new TestArchive().File("d/f", "x").Link("l", "d").HardLink("h", "l/f").ToTar()
            },
            { "a device", new TestArchive().Add(TarEntryType.CharacterDevice, "null", 0b110_110_110).ToTar() },
            { "a pipe", new TestArchive().Add(TarEntryType.Fifo, "pipe", 0b110_110_110).ToTar() },
            { "a file that is a directory", new TestArchive().Directory("a").File("a", "x").ToTar() },
            { "nothing", new TestArchive().ToTar() },
            { "no tar", new byte[4096] },
            { "half an archive", new TestArchive().File("a", new string('x', 5000)).ToTar()[..2000] },
            { "a damaged gzip", [.. new TestArchive().File("a", "x").ToGzip()[..20], .. new byte[50]] },
        };

    [Theory]
    [MemberData(nameof(Hostile))]
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
    public async Task Files_modes_times_and_links_come_out_as_they_went_in_but_for_the_right_of_others_to_write()
    {
        var at = await ExtractAsync(
            new TestArchive()
                .Directory("./bin", 0b111_111_111)
                .File("./bin/tool", "old")
                .File("./bin/tool", "tool", 0b111_111_101)
                .Link("bin/alias", "tool")
                .Link("bin/up", "../share/text")
                .File("share/text", "text", 0b110_100_000)
                .HardLink("share/same", "share/text")
                .ToGzip()
        );

        Assert.Equal("tool", File.ReadAllText(Path.Join(at, "bin/alias")));
        Assert.Equal("text", File.ReadAllText(Path.Join(at, "bin/up")));
        Assert.Equal("text", File.ReadAllText(Path.Join(at, "share/same")));
        Assert.Equal(0b111_101_101, (int)File.GetUnixFileMode(Path.Join(at, "bin")));
        Assert.Equal(0b111_101_101, (int)File.GetUnixFileMode(Path.Join(at, "bin/tool")));
        Assert.Equal(0b110_100_000, (int)File.GetUnixFileMode(Path.Join(at, "share/text")));
        Assert.Equal(TestArchive.Time.UtcDateTime, File.GetLastWriteTimeUtc(Path.Join(at, "bin/tool")));
    }

    [Theory]
    [InlineData("", "", "opt/kata/bin/x")]
    [InlineData("opt/kata", "", "bin/x")]
    [InlineData("opt/kata/bin", "bin", "bin/x")]
    [InlineData(SoftwareSpec.SingleDirectory, "", "kata/bin/x")]
    public async Task Only_the_wanted_part_is_unpacked(string part, string place, string expected)
    {
        var archive = new TestArchive().File("./opt/kata/bin/x", "x").File("etc/passwd", "no").ToGzip();
        var at = await ExtractAsync(archive, part, place);
        Assert.True(File.Exists(Path.Join(at, expected)));
        Assert.Equal(part.Length == 0, File.Exists(Path.Join(at, "etc/passwd")));
    }

    private Task<string> ExtractAsync(byte[] archive, string part = "", string place = "")
    {
        var file = Path.Join(temporary.Path, "archive");
        File.WriteAllBytes(file, archive);
        var spec = new SoftwareSpec(
            "tool",
            new ArchiveSpec
            {
                Url = new Uri("http://h/a.tar.gz"),
                Sha256 = new string('a', 64),
                Format = ArchiveFormat.Gzip,
            }
        )
        {
            Part = part,
            Place = place,
        };
        return ArchiveExtraction.RunAsync(file, Path.Join(temporary.Path, "in"), spec, CancellationToken.None);
    }
}
