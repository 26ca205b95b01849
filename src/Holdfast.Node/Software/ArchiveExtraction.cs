using System.Formats.Tar;
using System.IO.Compression;
using SharpCompress.Common;
using SharpCompress.Compressors.Xz;
using ZstdSharp;

namespace Holdfast.Node.Software;

/// <summary>
/// Unpacks an archive whose checksum was right, with the framework's own extraction: modes and times are kept, owners are
/// not, and the umask takes away the right of others to write. Tar and compression are decoded in this process, so that
/// the machine needs no program for them.
/// </summary>
internal static class ArchiveExtraction
{
    private const UnixFileMode ClosedMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OpenMode = (UnixFileMode)0b111_101_101;

    /// <param name="directory">Made here, closed to others.</param>
    /// <returns>The directory of the wanted part: the given one, or one below it.</returns>
    /// <exception cref="NodeException">ArchiveRefused; the caller removes what was unpacked.</exception>
    public static async Task<string> RunAsync(
        string archive,
        string directory,
        SoftwareSpec spec,
        CancellationToken cancellationToken
    )
    {
        Directory.CreateDirectory(directory, ClosedMode);
        try
        {
            await using var file = File.OpenRead(archive);
            await using var tar = Decompress(file);
            await TarFile.ExtractToDirectoryAsync(tar, directory, overwriteFiles: true, cancellationToken);
        }
        catch (Exception cause)
            when (cause
                    is IOException
                        or InvalidDataException
                        or InvalidOperationException
                        or FormatException
                        or ArgumentException
                        or SharpCompressException
                        or ZstdException
            )
        {
            throw Refused(spec, cause.Message, cause);
        }

        var part =
            spec.Part != SoftwareSpec.SingleDirectory ? Path.Join(directory, spec.Part)
            : Directory.GetDirectories(directory) is [var single] ? single
            : throw Refused(spec, "it has more than the one directory that it should have");
        if (!Directory.Exists(part) || !Directory.EnumerateFileSystemEntries(part).Any())
        {
            throw Refused(spec, $"it has nothing in /{spec.Part}");
        }

        File.SetUnixFileMode(part, OpenMode);
        return part;
    }

    /// <summary>The first bytes tell how it is compressed.</summary>
    private static Stream Decompress(FileStream file)
    {
        Span<byte> start = stackalloc byte[6];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        return start.StartsWith<byte>([0x1f, 0x8b]) ? new GZipStream(file, CompressionMode.Decompress)
            : start.SequenceEqual<byte>([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? new XZStream(file)
            : start.StartsWith<byte>([0x28, 0xb5, 0x2f, 0xfd]) ? new DecompressionStream(file)
            : file;
    }

    private static NodeException Refused(SoftwareSpec spec, string cause, Exception? inner = null) =>
        new(
            NodeReason.ArchiveRefused,
            $"cannot unpack {spec.Archive.FileName}: {cause}; nothing was changed; make room if the disk is full, or use another archive",
            inner
        );
}
