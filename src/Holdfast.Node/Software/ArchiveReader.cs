using System.Formats.Tar;
using System.Security.Cryptography;
using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// Unpacks an archive that may come from anyone into a list of entries and a directory of numbered files: no name of the
/// archive ever becomes a path here, so there is nothing to escape with. Everything that could not be put in its place
/// safely is refused as a whole. One call per instance.
/// </summary>
internal sealed class ArchiveReader
{
    private const UnixFileMode ModeMask = (UnixFileMode)0xFFF;
    private const UnixFileMode ImpliedMode = (UnixFileMode)0b111_101_101;
    private const int BufferLength = 128 * 1024;

    private readonly string directory;
    private readonly string target;
    private readonly Func<string, string?> place;
    private readonly ArchiveLimits limits;
    private readonly IProgress<string>? progress;
    private readonly Dictionary<string, ArchiveEntry> entries = new(StringComparer.Ordinal);
    private readonly byte[] buffer = new byte[BufferLength];
    private long room;
    private int files;
    private int seen;

    private ArchiveReader(
        string directory,
        string target,
        Func<string, string?>? place,
        ArchiveLimits limits,
        IProgress<string>? progress
    )
    {
        this.directory = directory;
        this.target = target;
        this.place = place ?? (path => path);
        this.limits = limits;
        this.progress = progress;
        var free = new DriveInfo(directory).AvailableFreeSpace - limits.FreeDiskReserve;
        room = Math.Min(limits.MaxBytes, Math.Max(0, free));
    }

    /// <summary>Unpacks <paramref name="file"/>; its compression is told by its content.</summary>
    /// <param name="directory">An empty directory that the content of files goes to.</param>
    /// <param name="target">Absolute directory that the paths will lie below; links must not lead out of it.</param>
    /// <param name="place">From a path in the archive to one below the target; null leaves it out.</param>
    /// <returns>In the order of their paths, so that a directory comes before what is in it.</returns>
    /// <exception cref="NodeException">ArchiveRefused; the directory has rests that the caller removes.</exception>
    public static async Task<IReadOnlyList<ArchiveEntry>> UnpackAsync(
        string file,
        string directory,
        string target,
        Func<string, string?>? place,
        ArchiveLimits limits,
        IProgress<string>? progress,
        CancellationToken cancellationToken
    )
    {
        var reader = new ArchiveReader(directory, target, place, limits, progress);
        try
        {
            await reader.ReadAsync(file, cancellationToken);
        }
        catch (Exception damage)
            when (damage
                    is InvalidDataException
                        or FormatException
                        or EndOfStreamException
                        or ArgumentException
                        // A number (owner, time) that is none of this world.
                        or OverflowException
            )
        {
            throw new NodeException(
                NodeReason.ArchiveRefused,
                $"cannot read the archive: it is damaged: {damage.Message}",
                damage
            );
        }
        catch (LinuxException damage) when (damage.Reason == LinuxReason.Failed)
        {
            throw new NodeException(NodeReason.ArchiveRefused, $"cannot read the archive: {damage.Message}", damage);
        }

        return [.. reader.entries.Values.OrderBy(entry => entry.Path, StringComparer.Ordinal)];
    }

    private async Task ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferLength);
        var format =
            await Decompression.DetectAsync(file, cancellationToken)
            ?? throw new NodeException(
                NodeReason.ArchiveRefused,
                "cannot read the archive: it is no tar, nor one compressed by gzip, xz or zstd"
            );
        await using var tar = Decompression.Open(file, format);
        var guard = new TarGuard(tar, limits);
        await using (var reader = new TarReader(guard, leaveOpen: true))
        {
            while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                await TakeAsync(entry, cancellationToken);
            }
        }

        await DrainAsync(guard, cancellationToken);
        if (!guard.HasEnded)
        {
            throw new NodeException(NodeReason.ArchiveRefused, "cannot read the archive: its end is missing");
        }
    }

    /// <summary>Only at its very end does a decompressor know whether its checksum was right.</summary>
    private async Task DrainAsync(Stream guard, CancellationToken cancellationToken)
    {
        var left = limits.MaxPadding;
        int read;
        while ((read = await guard.ReadAsync(buffer, cancellationToken)) > 0)
        {
            left -= read;
            if (left < 0)
            {
                throw new NodeException(
                    NodeReason.ArchiveRefused,
                    $"cannot read the archive: more than {limits.MaxPadding >> 20} MiB follow its end"
                );
            }
        }
    }

    private async Task TakeAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        if (++seen > limits.MaxEntries || entries.Count > limits.MaxEntries)
        {
            throw new NodeException(
                NodeReason.ArchiveRefused,
                $"cannot unpack the archive: it has more than {limits.MaxEntries} entries"
            );
        }

        if (entry.EntryType == TarEntryType.GlobalExtendedAttributes)
        {
            return;
        }

        var name = ArchivePath.Normalize(entry.Name, limits);
        var placed = name.Length == 0 ? null : place(name);
        if (placed is not null)
        {
            placed = ArchivePath.Normalize(placed, limits);
        }

        if (string.IsNullOrEmpty(placed))
        {
            RequireKnown(entry);
            return;
        }

        AddParents(placed);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile when entry.Name.EndsWith('/'):
                Add(Describe(entry, placed, ArchiveEntryKind.Directory));
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                Add(
                    await WriteAsync(
                        Describe(entry, placed, ArchiveEntryKind.File),
                        entry.DataStream,
                        cancellationToken
                    )
                );
                break;
            case TarEntryType.SymbolicLink:
                ArchivePath.RequireInside(placed, entry.LinkName, target, limits);
                Add(Describe(entry, placed, ArchiveEntryKind.Link) with { Target = entry.LinkName });
                break;
            case TarEntryType.HardLink:
                await AddHardLinkAsync(entry, placed, cancellationToken);
                break;
            default:
                RequireKnown(entry);
                break;
        }
    }

    /// <summary>Also of what is left out: an archive with a device in it is not what it says to be.</summary>
    private static void RequireKnown(TarEntry entry)
    {
        var what = entry.EntryType switch
        {
            TarEntryType.CharacterDevice or TarEntryType.BlockDevice => "a device",
            TarEntryType.Fifo => "a named pipe",
            TarEntryType.Directory
            or TarEntryType.RegularFile
            or TarEntryType.V7RegularFile
            or TarEntryType.ContiguousFile
            or TarEntryType.SymbolicLink
            or TarEntryType.HardLink => null,
            _ => $"of a kind ({entry.EntryType}) that this program does not know",
        };
        if (what is not null)
        {
            throw ArchivePath.Refused(entry.Name, $"it is {what}");
        }
    }

    private static ArchiveEntry Describe(TarEntry entry, string path, ArchiveEntryKind kind) =>
        entry is { Uid: >= 0, Gid: >= 0 }
            ? new(
                path,
                kind,
                entry.Mode & ModeMask,
                new FileOwner((uint)entry.Uid, (uint)entry.Gid),
                0,
                DateTimeOffset.FromUnixTimeSeconds(Math.Max(0, entry.ModificationTime.ToUnixTimeSeconds()))
            )
            : throw ArchivePath.Refused(entry.Name, "its owner is a negative number");

    /// <summary>The content of an earlier file once more: two files of their own, so that an edit of one does not change the other.</summary>
    private async Task AddHardLinkAsync(TarEntry entry, string path, CancellationToken cancellationToken)
    {
        var other = place(ArchivePath.Normalize(entry.LinkName, limits));
        if (other is null || !entries.TryGetValue(other, out var source) || source.Kind != ArchiveEntryKind.File)
        {
            throw ArchivePath.Refused(
                entry.Name,
                $"it is a hard link to {ArchivePath.Shown(entry.LinkName)}, which is no file of this archive"
            );
        }

        await using var content = File.OpenRead(Path.Join(directory, source.Staged));
        Add(await WriteAsync(source with { Path = path }, content, cancellationToken));
    }

    private async Task<ArchiveEntry> WriteAsync(
        ArchiveEntry entry,
        Stream? content,
        CancellationToken cancellationToken
    )
    {
        var staged = $"{files++:x6}";
        var at = Path.Join(directory, staged);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        await using (var file = new FileStream(at, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            int read;
            while (content is not null && (read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                room -= read;
                if (room < 0)
                {
                    throw new NodeException(
                        NodeReason.ArchiveRefused,
                        $"cannot unpack the archive: it has more than {limits.MaxBytes >> 20} MiB, or than this disk has room for; "
                            + "make room and try again"
                    );
                }

                length += read;
                hash.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            file.Flush(flushToDisk: true);
        }

        // The owner first: giving a file away takes its set-uid bit.
        if (Environment.IsPrivilegedProcess)
        {
            FileOwner.Set(at, entry.Owner);
        }

        File.SetUnixFileMode(at, entry.Mode);
        File.SetLastWriteTimeUtc(at, entry.ModifiedAt.UtcDateTime);
        progress?.Report($"unpacking {entry.Path}");
        return entry with
        {
            Length = length,
            Staged = staged,
            Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()),
        };
    }

    private void AddParents(string path)
    {
        for (var slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            var parent = path[..slash];
            if (!entries.TryGetValue(parent, out var known))
            {
                entries[parent] = new ArchiveEntry(
                    parent,
                    ArchiveEntryKind.Directory,
                    ImpliedMode,
                    FileOwner.Root,
                    0,
                    DateTimeOffset.UnixEpoch
                );
            }
            else if (known.Kind != ArchiveEntryKind.Directory)
            {
                throw ArchivePath.Refused(path, $"{parent}, in which it lies, is not a directory but another entry");
            }
        }
    }

    /// <summary>As tar does it, the later of two entries of one path wins; a directory never becomes something else.</summary>
    private void Add(ArchiveEntry entry)
    {
        if (entries.TryGetValue(entry.Path, out var earlier))
        {
            if ((earlier.Kind == ArchiveEntryKind.Directory) != (entry.Kind == ArchiveEntryKind.Directory))
            {
                throw ArchivePath.Refused(entry.Path, "it is there twice, once as a directory");
            }

            if (earlier.Staged is { } staged)
            {
                File.Delete(Path.Join(directory, staged));
            }
        }

        entries[entry.Path] = entry;
    }
}
