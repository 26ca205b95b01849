using System.Formats.Tar;
using Holdfast.Linux;
using SharpCompress.Common;
using ZstdSharp;

namespace Holdfast.Node.Software;

/// <summary>
/// Unpacks one archive into a fresh directory. Nothing is written outside of it: every directory on the way to an entry must be
/// a directory of the archive and not a link, which the framework's own extraction does not look at. Modes are kept but for
/// the right of others to write, owners are not. One call per instance.
/// </summary>
internal sealed class ArchiveExtraction
{
    /// <summary>Bytes of the disk that stay free for everything else that runs.</summary>
    private const long FreeDiskReserve = 256L << 20;

    private const int BufferLength = 128 * 1024;

    private const UnixFileMode ModeMask = (UnixFileMode)0b111_111_101_101;
    private const UnixFileMode ClosedMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OpenMode = (UnixFileMode)0b111_101_101;

    private readonly SoftwareSpec spec;
    private readonly string top;
    private readonly byte[] buffer = new byte[BufferLength];
    private long room;

    private ArchiveExtraction(SoftwareSpec spec, string top)
    {
        this.spec = spec;
        this.top = top;
        room = Math.Max(0, new DriveInfo(top).AvailableFreeSpace - FreeDiskReserve);
    }

    /// <param name="directory">Made here, closed to others until all is unpacked.</param>
    /// <returns>The directory of the version: the one that was given.</returns>
    /// <exception cref="NodeException">ArchiveRefused; the directory has rests that the caller removes.</exception>
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
            await new ArchiveExtraction(spec, directory).ReadAsync(archive, cancellationToken);
        }
        catch (Exception damage)
            when (damage
                    is InvalidDataException
                        or FormatException
                        or EndOfStreamException
                        or ArgumentException
                        or OverflowException
                        or NotSupportedException
                        or SharpCompressException
                        or ZstdException
            )
        {
            throw new NodeException(
                NodeReason.ArchiveRefused,
                $"cannot use {spec.Archive.FileName}: {damage.Message}; nothing was changed; use another archive",
                damage
            );
        }

        File.SetUnixFileMode(directory, OpenMode);
        return directory;
    }

    private async Task ReadAsync(string archive, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read, BufferLength);
        await using var tar = await Decompression.OpenAsync(file, cancellationToken);
        await using var reader = new TarReader(tar);
        var count = 0;
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            if (entry.EntryType != TarEntryType.GlobalExtendedAttributes && PlaceOf(entry.Name) is { } path)
            {
                await TakeAsync(entry, path, cancellationToken);
                count++;
            }
        }

        // Only at its very end does a decoder know whether its checksum was right.
        await tar.CopyToAsync(Stream.Null, cancellationToken);
        if (count == 0)
        {
            throw new InvalidDataException($"it has nothing below {spec.Part}");
        }
    }

    private async Task TakeAsync(TarEntry entry, string path, CancellationToken cancellationToken)
    {
        var at = Path.Join(top, path);
        MakeDirectories(Path.GetDirectoryName(at)!);
        if (
            entry is PaxTarEntry pax
            && pax.ExtendedAttributes.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
        )
        {
            throw Refused(entry, "it is a file with holes");
        }

        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile when entry.Name.EndsWith('/'):
                MakeDirectories(at);
                File.SetUnixFileMode(at, (entry.Mode & ModeMask) | ClosedMode);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                await WriteAsync(at, entry.DataStream ?? Stream.Null, entry, cancellationToken);
                break;
            case TarEntryType.SymbolicLink:
                RequireInside(path, entry);
                MakeRoom(at, entry);
                File.CreateSymbolicLink(at, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                await using (var other = OpenOther(entry))
                {
                    await WriteAsync(at, other, entry, cancellationToken);
                }

                break;
            default:
                throw Refused(entry, $"its kind ({entry.EntryType}) is no file, directory or link");
        }
    }

    private async Task WriteAsync(string at, Stream content, TarEntry entry, CancellationToken cancellationToken)
    {
        MakeRoom(at, entry);
        await using (var file = new FileStream(at, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                room -= read;
                if (room < 0)
                {
                    throw new InvalidDataException("this disk has no room for it; make room and try again");
                }

                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }

        File.SetUnixFileMode(at, entry.Mode & ModeMask);
        File.SetLastWriteTimeUtc(at, entry.ModificationTime.UtcDateTime);
    }

    /// <summary>Where an entry goes below the version's directory; null when it is not of the wanted part.</summary>
    private string? PlaceOf(string name)
    {
        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToArray();
        if (name.StartsWith('/') || parts.Contains(".."))
        {
            throw new InvalidDataException($"its path \"{name}\" leads out of the directory that it is unpacked in");
        }

        var part = spec.Part == SoftwareSpec.SingleDirectory ? parts.Take(1) : spec.Part.Split('/', RemoveEmpty);
        var rest = parts.Take(part.Count()).SequenceEqual(part) ? parts.Skip(part.Count()).ToArray() : [];
        return rest.Length == 0 ? null : Path.Join([spec.Place, .. rest]);
    }

    private const StringSplitOptions RemoveEmpty = StringSplitOptions.RemoveEmptyEntries;

    /// <exception cref="InvalidDataException">Something else has the name of one of them.</exception>
    private void MakeDirectories(string directory)
    {
        switch (FileStatus.Read(directory, followLink: false)?.Kind)
        {
            case FileKind.Directory:
                return;
            case null:
                MakeDirectories(Path.GetDirectoryName(directory)!);
                Directory.CreateDirectory(directory, OpenMode);
                return;
            default:
                throw new InvalidDataException(
                    $"{Path.GetRelativePath(top, directory)} is a directory in it and something else too"
                );
        }
    }

    /// <summary>As tar does it, the later of two entries of one path wins; a directory never becomes something else.</summary>
    private static void MakeRoom(string at, TarEntry entry)
    {
        switch (FileStatus.Read(at, followLink: false)?.Kind)
        {
            case null:
                return;
            case FileKind.Directory:
                throw Refused(entry, "it is a directory in it too");
            default:
                File.Delete(at);
                return;
        }
    }

    /// <summary>A file of its own, so that an edit of one name does not change the other.</summary>
    private FileStream OpenOther(TarEntry entry)
    {
        var at = PlaceOf(entry.LinkName) is { } other ? Path.Join(top, other) : null;
        if (at is null || FileStatus.Read(at, followLink: false)?.Kind != FileKind.Regular)
        {
            throw Refused(entry, $"it is a hard link to {entry.LinkName}, which is no file of it");
        }

        MakeDirectories(Path.GetDirectoryName(at)!);
        return File.OpenRead(at);
    }

    /// <summary>Judged by the text of the link: no link of the archive is followed while it is unpacked.</summary>
    private static void RequireInside(string path, TarEntry entry)
    {
        var depth = path.Count(c => c == '/');
        foreach (var part in entry.LinkName.Split('/', RemoveEmpty))
        {
            depth += part switch
            {
                "." => 0,
                ".." => -1,
                _ => 1,
            };
            if (depth < 0)
            {
                break;
            }
        }

        if (depth < 0 || entry.LinkName.StartsWith('/') || entry.LinkName.Length == 0)
        {
            throw Refused(entry, $"it is a link to \"{entry.LinkName}\", out of the directory that it is unpacked in");
        }
    }

    private static InvalidDataException Refused(TarEntry entry, string why) =>
        new($"\"{entry.Name}\" cannot be unpacked: {why}");
}
