using System.Formats.Tar;
using Holdfast.Node.Software;

namespace Holdfast.Node.Tests.Software;

/// <summary>Archives that were damaged, and random hostile ones.</summary>
public sealed partial class ArchiveReaderTests
{
    [Fact]
    public async Task Archive_that_was_cut_short_anywhere_is_refused()
    {
        var tar = new TestArchive().File("a", new string('a', 700)).Directory("d").Link("l", "a").ToTar();
        for (var length = 0; length <= tar.Length - 1024; length += 100)
        {
            Assert.False(await UnpackOrRefuseAsync(tar[..length]), $"{length} bytes of {tar.Length}");
        }

        var gzip = TestArchive.Gzip(tar);
        for (var length = 0; length < gzip.Length; length++)
        {
            // Without the last bytes all of the tar is there already; that they are missing is for the checksum to find.
            var isUnpacked = await UnpackOrRefuseAsync(gzip[..length]);
            Assert.False(isUnpacked && length < gzip.Length - 18, $"{length} bytes of {gzip.Length}");
        }
    }

    [Fact]
    public async Task A_flipped_bit_is_refused_or_harmless()
    {
        // In a tar without compression a bit of the content is for the checksum of the whole; what must never happen is
        // an entry outside, a hang or another exception than the one that callers expect.
        var tar = new TestArchive()
            .File("bin/tool", "content")
            .Link("bin/link", "tool")
            .HardLink("h", "bin/tool")
            .ToTar();
        var random = new Random(20261122);
        for (var round = 0; round < 400; round++)
        {
            var damaged = tar.ToArray();
            var at = random.Next(damaged.Length - 1024);
            damaged[at] ^= (byte)(1 << random.Next(8));
            await UnpackOrRefuseAsync(damaged);
        }

        var gzip = TestArchive.Gzip(tar);
        for (var round = 0; round < 400; round++)
        {
            var damaged = gzip.ToArray();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            await UnpackOrRefuseAsync(damaged);
        }
    }

    [Theory]
    [InlineData("uid=3000000000")]
    [InlineData("gid=99999999999999999999")]
    [InlineData("uid=-1")]
    [InlineData("mtime=300000000000")]
    public Task Numbers_of_an_extended_header_that_are_none_of_this_world_are_refused(string record) =>
        RefusesAsync(WithExtended(record));

    /// <summary>The framework takes no notice of such a time.</summary>
    [Theory]
    [InlineData("mtime=1e300")]
    [InlineData("mtime=99999999999999999999999999999")]
    [InlineData("mtime=-99999999999999999999999999999")]
    [InlineData("mtime=nan")]
    public async Task Times_that_are_none_do_no_harm(string record) =>
        Assert.True(await UnpackOrRefuseAsync(WithExtended(record)));

    private static byte[] WithExtended(string record)
    {
        var length = record.Length + 4;
        var text = System.Text.Encoding.ASCII.GetBytes($"{length} {record}\n");
        Assert.Equal(length, text.Length);
        return
        [
            .. TestArchive.Header("x", 'x', Convert.ToString(length, 8).PadLeft(11, '0')),
            .. text,
            .. new byte[512 - length],
            .. TestArchive.Header("file", '0', "00000000000"),
            .. End,
        ];
    }

    /// <summary>Octal, GNU's binary numbers of either sign, and rubbish, in every field that is a number.</summary>
    [Fact]
    public async Task Forged_numbers_are_refused_or_harmless()
    {
        (int At, int Length)[] fields = [(100, 8), (108, 8), (116, 8), (124, 12), (136, 12), (329, 8), (337, 8)];
        var random = new Random(10);
        var unpacked = 0;
        for (var round = 0; round < 1500; round++)
        {
            var header = TestArchive.Header("file", "02345"[random.Next(5)], "00000000000", "other");
            var (at, length) = fields[random.Next(fields.Length)];
            var field = header.AsSpan(at, length);
            random.NextBytes(field);
            switch (random.Next(4))
            {
                case 0:
                    field[0] = 0x80;
                    break;
                case 1:
                    field[0] = 0xff;
                    break;
                case 2:
                    foreach (ref var digit in field)
                    {
                        digit = (byte)('0' + digit % 8);
                    }

                    break;
                default:
                    field[random.Next(length)..].Clear();
                    break;
            }

            TestArchive.Sign(header);
            unpacked += await UnpackOrRefuseAsync([.. header, .. End]) ? 1 : 0;
        }

        Assert.InRange(unpacked, 10, 1490);
    }

    [Fact]
    public async Task Random_hostile_archives_never_leave_the_target()
    {
        string[] parts = ["a", "b", "..", ".", "", "/", "etc", "x y", "ü", "usr", "local"];
        TarEntryType[] types =
        [
            TarEntryType.RegularFile,
            TarEntryType.Directory,
            TarEntryType.SymbolicLink,
            TarEntryType.HardLink,
            TarEntryType.Fifo,
        ];
        var unpacked = 0;
        for (var seed = 0; seed < 600; seed++)
        {
            var random = new Random(seed);
            var archive = new TestArchive();
            var count = random.Next(1, 6);
            for (var i = 0; i < count; i++)
            {
                var type = types[random.Next(types.Length - (random.Next(4) == 0 ? 0 : 1))];
                var content = type == TarEntryType.RegularFile ? "x" : null;
                var link = type is TarEntryType.SymbolicLink or TarEntryType.HardLink ? Path() : null;
                archive.Add(type, Path(), 0b111_111_111, link, content);
            }

            unpacked += await UnpackOrRefuseAsync(archive.ToTar()) ? 1 : 0;

            string Path()
            {
                var text = string.Join(
                    '/',
                    Enumerable.Range(0, random.Next(1, 4)).Select(_ => parts[random.Next(parts.Length)])
                );
                return text.Length == 0 ? "." : text;
            }
        }

        Assert.InRange(unpacked, 30, 590);
    }

    private async Task<bool> UnpackOrRefuseAsync(byte[] bytes)
    {
        try
        {
            var entries = await UnpackAsync(bytes);
            foreach (var entry in entries)
            {
                Assert.DoesNotContain("..", entry.Path.Split('/'));
                Assert.False(entry.Path.StartsWith('/'), entry.Path);
                Assert.NotEqual("", entry.Path);
                AssertInside(entry, entries);
            }

            return true;
        }
        catch (NodeException refusal)
        {
            Assert.Equal(NodeReason.ArchiveRefused, refusal.Reason);
            return false;
        }
    }

    /// <summary>Walks a link as the kernel would, through the other links of the archive.</summary>
    private static void AssertInside(ArchiveEntry link, IReadOnlyList<ArchiveEntry> entries)
    {
        if (link.Target is null)
        {
            return;
        }

        var links = entries.Where(e => e.Target is not null).ToDictionary(e => e.Path, e => e.Target!);
        var todo = new Stack<string>(link.Path.Split('/').Reverse());
        var at = new List<string>();
        for (var hops = 0; todo.Count > 0 && hops < 200; hops++)
        {
            var part = todo.Pop();
            if (part is "" or ".")
            {
                continue;
            }

            if (part == "..")
            {
                Assert.True(at.Count > 0, $"{link.Path} -> {link.Target} leaves the target");
                at.RemoveAt(at.Count - 1);
                continue;
            }

            at.Add(part);
            if (links.TryGetValue(string.Join('/', at), out var target))
            {
                at.RemoveAt(at.Count - 1);
                if (target.StartsWith('/'))
                {
                    Assert.StartsWith("/usr/local", target, StringComparison.Ordinal);
                    at.Clear();
                    target = target["/usr/local".Length..];
                }

                foreach (var next in target.Split('/').Reverse())
                {
                    todo.Push(next);
                }
            }
        }
    }
}
