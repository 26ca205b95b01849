using System.Formats.Tar;
using System.Text;
using Holdfast.Linux;
using Holdfast.Node.Software;

namespace Holdfast.Node.Tests.Software;

public sealed partial class ArchiveReaderTests : IDisposable
{
    private static readonly byte[] End = new byte[1024];
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-archive-").FullName;

    public void Dispose() => Directory.Delete(top, recursive: true);

    [Fact]
    public async Task Files_directories_and_links_come_out_with_modes_and_times()
    {
        var entries = await UnpackAsync(
            new TestArchive()
                .Directory("./", 0b111_111_111)
                .Directory("./bin/", 0b111_101_000)
                .File("./bin/tool", "#!/bin/sh\n", 0b100_111_101_101)
                .Link("./bin/alias", "tool")
                .HardLink("./bin/second", "./bin/tool")
                .File("share/deep/er/text", "")
                .ToGzip()
        );
        Assert.Equal(
            [
                "bin",
                "bin/alias",
                "bin/second",
                "bin/tool",
                "share",
                "share/deep",
                "share/deep/er",
                "share/deep/er/text",
            ],
            entries.Select(entry => entry.Path)
        );
        var tool = entries.Single(entry => entry.Path == "bin/tool");
        Assert.Equal(0b100_111_101_101, (int)tool.Mode);
        Assert.Equal(TestArchive.Time, tool.ModifiedAt);
        Assert.Equal(TestArchive.Hash(Encoding.UTF8.GetBytes("#!/bin/sh\n")), tool.Sha256);
        Assert.Equal("#!/bin/sh\n", File.ReadAllText(Path.Join(top, "out", tool.Staged)));
        Assert.Equal(0b100_111_101_101, (int)FileStatus.Read(Path.Join(top, "out", tool.Staged))!.Mode);
        Assert.Equal("tool", entries.Single(entry => entry.Path == "bin/alias").Target);
        var second = entries.Single(entry => entry.Path == "bin/second");
        Assert.Equal(tool.Sha256, second.Sha256);
        Assert.NotEqual(tool.Staged, second.Staged);
        Assert.Equal(0b111_101_000, (int)entries[0].Mode);
        Assert.Equal(0b111_101_101, (int)entries.Single(entry => entry.Path == "share").Mode);
    }

    [Theory]
    [InlineData(TarEntryFormat.Gnu)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.V7)]
    public async Task Every_dialect_of_tar_is_read(TarEntryFormat format)
    {
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, format, leaveOpen: true))
        {
            TarEntry entry = format switch
            {
                TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, "d/file"),
                TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, "d/file"),
                TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, "d/file"),
                _ => new V7TarEntry(TarEntryType.V7RegularFile, "d/file"),
            };
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes("x"));
            writer.WriteEntry(entry);
        }

        // A V7 tar has no magic: only compression tells that it may be one.
        var entries = await UnpackAsync(TestArchive.Gzip(bytes.ToArray()));
        Assert.Equal("d/file", entries[^1].Path);
    }

    [Fact]
    public async Task Long_names_are_read_in_both_dialects()
    {
        var name = string.Join('/', Enumerable.Repeat(new string('n', 100), 5));
        Assert.Equal(name, (await UnpackAsync(new TestArchive().File(name, "x").ToTar()))[^1].Path);
        var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name));
        }

        Assert.Equal(name, (await UnpackAsync(bytes.ToArray()))[^1].Path);
    }

    [Fact]
    public async Task Only_what_has_a_place_is_unpacked()
    {
        var entries = await UnpackAsync(
            new TestArchive().File("cri-o/bin/crio", "x").File("cri-o/install", "y").ToTar(),
            place: path => path.StartsWith("cri-o/bin/", StringComparison.Ordinal) ? path["cri-o/".Length..] : null
        );
        Assert.Equal(["bin", "bin/crio"], entries.Select(entry => entry.Path));
    }

    [Fact]
    public async Task Of_two_entries_of_one_path_the_later_wins()
    {
        var entries = await UnpackAsync(new TestArchive().File("a", "first").File("a", "second").ToTar());
        Assert.Equal("second", File.ReadAllText(Path.Join(top, "out", Assert.Single(entries).Staged)));
        Assert.Single(Directory.GetFiles(Path.Join(top, "out")));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("a/../b")]
    [InlineData("bell\a")]
    public Task Names_that_leave_the_target_are_refused(string name) =>
        RefusesAsync(new TestArchive().File(name, "x").ToTar());

    [Theory]
    [InlineData("link", "/etc")]
    [InlineData("link", "..")]
    [InlineData("link", "../outside")]
    [InlineData("a/link", "../../outside")]
    [InlineData("a/link", "b/../../../outside")]
    [InlineData("a/link", "x/../y")]
    [InlineData("link", "/usr/local/../../etc")]
    [InlineData("link", "/usr/localhost")]
    public Task Links_out_of_the_target_are_refused(string name, string target) =>
        RefusesAsync(new TestArchive().Link(name, target).ToTar());

    [Theory]
    [InlineData("a/link", "../b")]
    [InlineData("a/b/link", "../../c/d")]
    [InlineData("link", "/usr/local/bin/tool")]
    [InlineData("link", "./tool")]
    public async Task Links_inside_the_target_are_kept(string name, string target) =>
        Assert.Equal(target, (await UnpackAsync(new TestArchive().Link(name, target).ToTar()))[^1].Target);

    [Fact]
    public async Task Nothing_is_written_through_a_link_of_the_archive()
    {
        await RefusesAsync(new TestArchive().Link("lib", "usr").File("lib/x", "x").ToTar());
        await RefusesAsync(new TestArchive().File("lib/x", "x").Link("lib", "usr").ToTar());
        await RefusesAsync(new TestArchive().File("lib", "x").File("lib/x", "x").ToTar());
    }

    [Theory]
    [InlineData("/etc/shadow")]
    [InlineData("../../etc/shadow")]
    [InlineData("later")]
    [InlineData("link")]
    [InlineData("directory")]
    public Task Hard_links_to_anything_but_an_earlier_file_are_refused(string target) =>
        RefusesAsync(
            new TestArchive()
                .Link("link", "file")
                .Directory("directory")
                .File("file", "x")
                .HardLink("hard", target)
                .File("later", "x")
                .ToTar()
        );

    [Theory]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    [InlineData(TarEntryType.Fifo)]
    public async Task Devices_and_pipes_are_refused_even_where_they_would_be_left_out(TarEntryType type)
    {
        var tar = new TestArchive().Add(type, "dev/sda", 0b110_110_110).ToTar();
        Assert.Contains("dev/sda", await RefusesAsync(tar), StringComparison.Ordinal);
        await RefusesAsync(tar, place: _ => null);
    }

    [Theory]
    [InlineData('S')]
    [InlineData('D')]
    [InlineData('M')]
    [InlineData('V')]
    [InlineData('?')]
    public Task Kinds_that_nobody_needs_are_refused(char type) =>
        RefusesAsync([.. TestArchive.Header("x", type, "00000000000"), .. End]);

    [Fact]
    public async Task Bombs_are_refused_before_they_fill_the_disk()
    {
        var zeros = new TestArchive().File("zeros", new string('\0', 5_000_000)).ToGzip();
        Assert.Contains(
            "1 MiB",
            await RefusesAsync(zeros, new ArchiveLimits { MaxBytes = 1 << 20 }),
            StringComparison.Ordinal
        );
        await RefusesAsync(zeros, new ArchiveLimits { FreeDiskReserve = long.MaxValue / 2 });
        var many = new TestArchive();
        for (var i = 0; i < 50; i++)
        {
            many.File($"f{i}", "");
        }

        Assert.Contains(
            "40 entries",
            await RefusesAsync(many.ToTar(), new ArchiveLimits { MaxEntries = 40 }),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Headers_that_would_take_memory_or_hide_a_size_are_refused()
    {
        // A "long name" of 2 GiB, of which only the header is there.
        await RefusesAsync([.. TestArchive.Header("././@LongLink", 'L', "20000000000"), .. End]);
        await RefusesAsync([.. TestArchive.Header("x", 'x', "00000400000"), .. End]);

        // The extended header says another size than the header that follows it.
        var record = "12 size=512\n"u8.ToArray();
        await RefusesAsync([
            .. TestArchive.Header("x", 'x', "00000000014"),
            .. record,
            .. new byte[512 - record.Length],
            .. TestArchive.Header("file", '0', "00000000000"),
            .. new byte[512],
            .. End,
        ]);

        // Binary and negative sizes, and content where none can be.
        await RefusesAsync([.. TestArchive.Header("x", '0', "\u007f\u007f\u007f"), .. End]);
        await RefusesAsync([.. TestArchive.Header("x", '5', "00000001000"), .. new byte[512], .. End]);
    }

    [Fact]
    public async Task Depth_and_length_of_names_are_bounded()
    {
        await RefusesAsync(new TestArchive().File(string.Join('/', Enumerable.Repeat("d", 65)), "x").ToTar());
        await RefusesAsync(new TestArchive().File(new string('n', 256), "x").ToTar());
        await RefusesAsync(
            new TestArchive().File(string.Join('/', Enumerable.Repeat(new string('n', 200), 25)), "x").ToTar()
        );
    }

    [Fact]
    public async Task Rubbish_and_emptiness_are_refused()
    {
        await RefusesAsync([]);
        await RefusesAsync("<html>not found</html>"u8.ToArray());
        await RefusesAsync([0x1f, 0x8b, 8, 0, 1, 2, 3, 4]);
        await RefusesAsync(TestArchive.Gzip("<html>not found</html>"u8.ToArray()));
        await RefusesAsync([.. new TestArchive().File("a", "x").ToTar(), .. new byte[20_000_000]], new ArchiveLimits());
    }

    private async Task<IReadOnlyList<ArchiveEntry>> UnpackAsync(
        byte[] bytes,
        ArchiveLimits? limits = null,
        Func<string, string?>? place = null
    )
    {
        var (file, directory) = (Path.Join(top, "archive"), Path.Join(top, "out"));
        File.WriteAllBytes(file, bytes);
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        Directory.CreateDirectory(directory);
        return await ArchiveReader.UnpackAsync(
            file,
            directory,
            "/usr/local",
            place,
            limits ?? new ArchiveLimits(),
            null,
            CancellationToken.None
        );
    }

    private async Task<string> RefusesAsync(
        byte[] bytes,
        ArchiveLimits? limits = null,
        Func<string, string?>? place = null
    )
    {
        var refusal = await Assert.ThrowsAsync<NodeException>(() => UnpackAsync(bytes, limits, place));
        Assert.Equal(NodeReason.ArchiveRefused, refusal.Reason);
        return refusal.Message;
    }
}
