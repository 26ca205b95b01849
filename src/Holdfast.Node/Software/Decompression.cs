using System.IO.Compression;
using Holdfast.Document;
using SharpCompress.Compressors.Xz;
using ZstdSharp;

namespace Holdfast.Node.Software;

/// <summary>The tar inside a compressed file, decoded in this process: the machine needs no program for it.</summary>
internal static class Decompression
{
    /// <summary>Bytes of a decoder's window. xz -9 needs 64 MiB; zstd refuses more than 128 MiB by itself.</summary>
    private const uint MaxXzDictionary = 128u << 20;

    /// <summary>Bytes up to the size of the first dictionary at the latest (xz file format, 2.1 and 3.1).</summary>
    private const int XzStartLength = 64;

    private const int MagicLength = 262;

    /// <summary>Opens the tar; its compression is told by the first bytes. <paramref name="file"/> stays the caller's.</summary>
    /// <exception cref="InvalidDataException">It is none of the formats, or needs too much memory.</exception>
    public static async Task<Stream> OpenAsync(Stream file, CancellationToken cancellationToken)
    {
        var start = new byte[MagicLength];
        var length = await file.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        file.Position = 0;
        switch (Detect(start.AsSpan(0, length)))
        {
            case ArchiveFormat.Gzip:
                return new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
            case ArchiveFormat.Xz:
                RequireSmallDictionary(start.AsSpan(0, Math.Min(length, XzStartLength)));
                return new XZStream(file);
            case ArchiveFormat.Zstandard:
                return new DecompressionStream(file, leaveOpen: true);
            case ArchiveFormat.None:
                return file;
            default:
                throw new InvalidDataException("it is neither a tar nor one that gzip, xz or zstd compressed");
        }
    }

    private static ArchiveFormat? Detect(ReadOnlySpan<byte> start) =>
        start.StartsWith<byte>([0x1f, 0x8b]) ? ArchiveFormat.Gzip
        : start.StartsWith<byte>([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? ArchiveFormat.Xz
        : start.StartsWith<byte>([0x28, 0xb5, 0x2f, 0xfd]) ? ArchiveFormat.Zstandard
        : start.Length == MagicLength && start[257..].SequenceEqual("ustar"u8) ? ArchiveFormat.None
        : null;

    /// <summary>
    /// The dictionary is the last filter's one byte of properties in the header of the first block: LZMA2 has the id 0x21 and
    /// properties of one byte, which says 2 or 3 times a power of two.
    /// </summary>
    private static void RequireSmallDictionary(ReadOnlySpan<byte> start)
    {
        var filter = start[12..].IndexOf<byte>([0x21, 0x01]);
        if (filter < 0 || 12 + filter + 2 >= start.Length)
        {
            throw new InvalidDataException("its xz header names no LZMA2 filter");
        }

        var bits = start[12 + filter + 2];
        var size = bits >= 40 ? uint.MaxValue : (2UL | (bits & 1u)) << (bits / 2 + 11);
        if (size > MaxXzDictionary)
        {
            throw new InvalidDataException($"it needs {size >> 20} MiB of memory to decompress");
        }
    }
}
