using System.Formats.Tar;
using System.Text.Json.Nodes;
using Holdfast.Node.Runtimes.Images;
using OciImage = Holdfast.Node.Runtimes.Images.OciImage;

namespace Holdfast.Node.Tests.Runtimes.Images;

public sealed class OciImageTests
{
    private static Dictionary<string, byte[]> Read(ReadOnlyMemory<byte> tar)
    {
        var files = new Dictionary<string, byte[]>();
        using var reader = new TarReader(new MemoryStream(tar.ToArray()));
        while (reader.GetNextEntry(copyData: true) is { } entry)
        {
            Assert.Equal(DateTimeOffset.UnixEpoch, entry.ModificationTime);
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            files.Add(entry.Name.TrimEnd('/'), content.ToArray());
        }
        return files;
    }

    [Theory]
    [InlineData("amd64")]
    [InlineData("arm64")]
    public void Every_digest_names_what_is_there(string architecture)
    {
        var image = PauseImage.Create(architecture);
        var files = Read(image.Archive);
        byte[] Blob(JsonNode descriptor)
        {
            var digest = (string)descriptor["digest"]!;
            var content = files[$"blobs/sha256/{digest["sha256:".Length..]}"];
            Assert.Equal(digest, OciImage.Digest(content));
            Assert.Equal((int)descriptor["size"]!, content.Length);
            return content;
        }

        var entry = JsonNode.Parse(files["index.json"])!["manifests"]![0]!;
        Assert.Equal("holdfast.local/pause:1", (string?)entry["annotations"]!["io.containerd.image.name"]);
        Assert.Equal(architecture, (string?)entry["platform"]!["architecture"]);
        var manifest = JsonNode.Parse(Blob(entry))!;
        var config = JsonNode.Parse(Blob(manifest["config"]!))!;
        Assert.Equal(image.Id, (string?)manifest["config"]!["digest"]);
        var layer = Blob(manifest["layers"]![0]!);
        Assert.Equal(OciImage.Digest(layer), (string?)config["rootfs"]!["diff_ids"]![0]);
        Assert.Equal("/pause", (string?)config["config"]!["Entrypoint"]![0]);
        Assert.Equal(PauseImage.Program(architecture), Read(layer)["pause"]);
    }

    [Fact]
    public void The_same_files_always_give_the_same_image()
    {
        Assert.Equal(PauseImage.Create("amd64").Archive.ToArray(), PauseImage.Create("amd64").Archive.ToArray());
        Assert.Equal(
            BusyboxImage.Create("amd64", new byte[10], ["b", "a", "a"]).Id,
            BusyboxImage.Create("amd64", new byte[10], ["a", "b"]).Id
        );
    }

    [Fact]
    public void Busybox_has_its_applets_as_links()
    {
        var image = BusyboxImage.Create("amd64", new byte[10], ["sh", "httpd", "busybox", "[["]);
        var layer = Read(image.Archive).Values.MaxBy(v => v.Length)!;
        var links = new Dictionary<string, string>();
        using var reader = new TarReader(new MemoryStream(layer));
        while (reader.GetNextEntry() is { } entry)
        {
            links[entry.Name] = entry.LinkName;
        }
        Assert.Equal("busybox", links["bin/sh"]);
        Assert.Equal("busybox", links["bin/[["]);
        Assert.Equal("bin", links["sbin"]);
        Assert.Equal("", links["bin/busybox"]);
    }

    [Fact]
    public void An_unknown_processor_is_refused_with_what_to_do() =>
        Assert.Contains(
            "sandboxImage",
            Assert.Throws<NodeException>(() => PauseImage.Create("riscv64")).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("amd64", 62)]
    [InlineData("arm64", 183)]
    public void The_pause_program_is_a_small_static_executable(string architecture, int machine)
    {
        var elf = PauseImage.Program(architecture);

        Assert.InRange(elf.Length, 64, 512);
        Assert.True(BusyboxImage.IsStaticProgram(elf));
        Assert.Equal(2, BitConverter.ToUInt16(elf, 16));
        Assert.Equal(machine, BitConverter.ToUInt16(elf, 18));
        var entry = BitConverter.ToUInt64(elf, 24);
        var headers = (int)BitConverter.ToUInt64(elf, 32);
        Assert.Equal((64, 56, 2), (headers, BitConverter.ToUInt16(elf, 54), BitConverter.ToUInt16(elf, 56)));
        // One segment, readable and executable, that holds the whole file and the entry point.
        Assert.Equal((1u, 5u), (BitConverter.ToUInt32(elf, headers), BitConverter.ToUInt32(elf, headers + 4)));
        var address = BitConverter.ToUInt64(elf, headers + 16);
        Assert.Equal((ulong)elf.Length, BitConverter.ToUInt64(elf, headers + 32));
        Assert.InRange(entry, address + 64, address + (ulong)elf.Length - 4);
        // The stack is not executable.
        Assert.Equal(
            (0x6474e551u, 6u),
            (BitConverter.ToUInt32(elf, headers + 56), BitConverter.ToUInt32(elf, headers + 60))
        );
    }

    [Fact]
    public void What_is_no_static_program_is_told_apart()
    {
        Assert.False(BusyboxImage.IsStaticProgram([]));
        Assert.False(BusyboxImage.IsStaticProgram(new byte[200]));
        var elf = PauseImage.Program("amd64");
        elf[64] = 3; // PT_INTERP
        Assert.False(BusyboxImage.IsStaticProgram(elf));
        elf = PauseImage.Program("amd64");
        elf[56] = 0xff;
        elf[57] = 0xff;
        Assert.False(BusyboxImage.IsStaticProgram(elf));
        elf[39] = 0xff;
        Assert.False(BusyboxImage.IsStaticProgram(elf));
    }

    /// <summary>1.35 of Debian 12 has a NUL before its table of names, 1.37 of Debian 13 has data that ends with a space.</summary>
    [Theory]
    [InlineData("\0")]
    [InlineData(" ")]
    public void Applets_are_found_whatever_comes_before_their_table(string before)
    {
        string[] names = ["[", "[[", "acpid", "ar", "ash", "awk", "cat", "echo", "httpd", "ls", "sh", "sleep", "zcat"];
        var program = $"[\0[[\0nothing{before}{string.Join('\0', names)}\0\0/var/log/wtmp\0";
        Assert.Equal(names, BusyboxImage.ReadApplets(System.Text.Encoding.ASCII.GetBytes(program)));
        Assert.Empty(BusyboxImage.ReadApplets("[\0[[\0nothing\0"u8));
    }
}
