using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Node.Tests.Software;

/// <summary>Makes archives in memory, honest and hostile ones.</summary>
internal sealed class TestArchive
{
    public static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private readonly MemoryStream bytes = new();
    private readonly TarWriter writer;

    public TestArchive(TarEntryFormat format = TarEntryFormat.Gnu)
    {
        writer = new TarWriter(bytes, format, leaveOpen: true);
    }

    public TestArchive File(string name, string content, int mode = 0b110_100_100) =>
        Add(TarEntryType.RegularFile, name, mode, content: content);

    public TestArchive Directory(string name, int mode = 0b111_101_101) => Add(TarEntryType.Directory, name, mode);

    public TestArchive Link(string name, string target) => Add(TarEntryType.SymbolicLink, name, 0b111_111_111, target);

    public TestArchive HardLink(string name, string target) => Add(TarEntryType.HardLink, name, 0b110_100_100, target);

    public TestArchive Add(TarEntryType type, string name, int mode, string? link = null, string? content = null)
    {
        var entry = new GnuTarEntry(type, name) { Mode = (UnixFileMode)mode, ModificationTime = Time };
        if (link is not null)
        {
            entry.LinkName = link;
        }

        if (content is not null)
        {
            entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
        }

        writer.WriteEntry(entry);
        return this;
    }

    /// <summary>The tar with its end mark.</summary>
    public byte[] ToTar()
    {
        writer.Dispose();
        return bytes.ToArray();
    }

    public byte[] ToGzip() => Gzip(ToTar());

    public static byte[] Gzip(byte[] tar)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(tar);
        }

        return compressed.ToArray();
    }

    public static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>A header by hand, for what no writer would write.</summary>
    public static byte[] Header(string name, char type, string size, string link = "")
    {
        var header = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        "0000644"u8.CopyTo(header.AsSpan(100));
        "0000000"u8.CopyTo(header.AsSpan(108));
        "0000000"u8.CopyTo(header.AsSpan(116));
        Encoding.ASCII.GetBytes(size).CopyTo(header, 124);
        "14524677400"u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)type;
        Encoding.ASCII.GetBytes(link).CopyTo(header, 157);
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        Sign(header);
        return header;
    }

    /// <summary>Makes the checksum of a header right.</summary>
    public static void Sign(byte[] header)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        var sum = header.Sum(b => b);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0").CopyTo(header, 148);
    }
}
