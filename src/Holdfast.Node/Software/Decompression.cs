using System.IO.Compression;
using Holdfast.Document;
using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// The tar inside a compressed file. gzip is the framework's; xz and zstd are the distribution's programs, which every
/// distribution keeps safe. Stateless.
/// </summary>
internal static class Decompression
{
    /// <summary>What a decoder may take: xz -9 needs 65 MiB, zstd --ultra -22 needs 128 MiB.</summary>
    private const string XzMemory = "--memlimit-decompress=256MiB";
    private const string ZstdMemory = "--memory=256MB";

    /// <summary>Debian's package of the program that a format needs; null when it needs none.</summary>
    public static string? PackageOf(ArchiveFormat format) =>
        format switch
        {
            ArchiveFormat.Xz => "xz-utils",
            ArchiveFormat.Zstandard => "zstd",
            _ => null,
        };

    /// <summary>The program that a format needs; null when it needs none.</summary>
    public static string? ProgramOf(ArchiveFormat format) =>
        format switch
        {
            ArchiveFormat.Xz => "xz",
            ArchiveFormat.Zstandard => "zstd",
            _ => null,
        };

    /// <summary>By the file's first bytes, since names lie; null when it is none of ours.</summary>
    public static async Task<ArchiveFormat?> DetectAsync(Stream file, CancellationToken cancellationToken)
    {
        var start = new byte[262];
        var length = await file.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        file.Position = 0;
        ReadOnlySpan<byte> read = start.AsSpan(0, length);
        return read.StartsWith("\x1f"u8) && length > 2 && read[1] == 0x8b ? ArchiveFormat.Gzip
            : read.StartsWith<byte>([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? ArchiveFormat.Xz
            : read.StartsWith<byte>([0x28, 0xb5, 0x2f, 0xfd]) ? ArchiveFormat.Zstandard
            : length == start.Length && read[257..].SequenceEqual("ustar"u8) ? ArchiveFormat.None
            : null;
    }

    /// <summary>Opens the tar; <paramref name="file"/> stays the caller's.</summary>
    /// <exception cref="NodeException">NotSupported: the program is missing.</exception>
    public static Stream Open(Stream file, ArchiveFormat format) =>
        format switch
        {
            ArchiveFormat.Gzip => new GZipStream(file, CompressionMode.Decompress, leaveOpen: true),
            ArchiveFormat.Xz => Filter("xz", ["--decompress", "--stdout", XzMemory], format, file),
            ArchiveFormat.Zstandard => Filter(
                "zstd",
                ["--decompress", "--stdout", "--quiet", ZstdMemory],
                format,
                file
            ),
            _ => new BufferedStream(file),
        };

    private static ChildFilter Filter(
        string program,
        IReadOnlyList<string> arguments,
        ArchiveFormat format,
        Stream file
    )
    {
        try
        {
            return ChildFilter.Start(new ChildCommand(program, arguments), file);
        }
        catch (LinuxException missing) when (missing.Reason == LinuxReason.NotFound)
        {
            throw new NodeException(
                NodeReason.NotSupported,
                $"cannot decompress the archive: the program {program} is not there; install the package {PackageOf(format)}",
                missing
            );
        }
    }
}
