using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>The installed versions of one piece of software: a directory each, and its listing beside it.</summary>
internal sealed class SoftwareVersions(Machine machine, string name)
{
    private const string Restorecon = "/usr/sbin/restorecon";

    /// <summary>Of the directory of a version that is being unpacked, and of one that is being replaced.</summary>
    private const string Fresh = ".new";
    private const string Old = ".old";

    private static readonly TimeSpan RelabelTimeout = TimeSpan.FromMinutes(2);

    private readonly string top = SoftwareSpec.DirectoryOf(name);

    /// <summary>
    /// Brings one version into its directory: unpacked beside it, put onto the disk, renamed. Killed at any moment it leaves
    /// either no listing, so that the next run begins again, or all of the version.
    /// </summary>
    /// <param name="damaged">Of the version that is there and not as it was: what someone changed is kept.</param>
    public async Task InstallAsync(
        SoftwareSpec spec,
        VerifiedFile archive,
        VersionListing? damaged,
        CancellationToken cancellationToken
    )
    {
        var directory = machine.At(spec.VersionDirectory);
        Directory.CreateDirectory(machine.At(top));
        Delete(directory + Fresh);
        Delete(directory + Old);
        try
        {
            machine.Progress?.Report($"unpacking {spec.Archive.FileName}");
            var unpacked = await ArchiveExtraction.RunAsync(archive.Path, directory + Fresh, spec, cancellationToken);
            SyncAll(unpacked);
            FaultPoint.Reach("software.after-unpack");

            if (damaged is not null)
            {
                await KeepForeignAsync(damaged, spec.VersionDirectory, cancellationToken);
            }

            File.Delete(machine.At(VersionListing.PathOf(spec.VersionDirectory)));
            if (Directory.Exists(directory))
            {
                Directory.Move(directory, directory + Old);
            }

            Directory.Move(unpacked, directory);
            AtomicFile.SyncDirectory(machine.At(top));
        }
        finally
        {
            Delete(directory + Fresh);
            Delete(directory + Old);
        }

        await RelabelAsync(spec.VersionDirectory, cancellationToken);
        FaultPoint.Reach("software.before-listing");
        await VersionListing
            .Of(archive.Sha256, directory)
            .WriteAsync(machine, spec.VersionDirectory, cancellationToken);
    }

    /// <summary>Removes versions with their listings, and the archives that no version needs for its repair any more.</summary>
    /// <param name="keep">Versions that stay.</param>
    /// <returns>For people: which files that someone changed were kept, and where.</returns>
    public async Task<IReadOnlyList<string>> PruneAsync(
        IReadOnlyCollection<string> keep,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        foreach (var version in ListVersions(top).Except(keep))
        {
            var directory = $"{top}/{version}";
            if (await VersionListing.ReadAsync(machine, directory, cancellationToken) is { } listing)
            {
                notes.AddRange(await KeepForeignAsync(listing, directory, cancellationToken));
            }

            // Without its listing it is no version any more, should this be cut short.
            File.Delete(machine.At(VersionListing.PathOf(directory)));
            foreach (var ending in (string[])["", Fresh, Old])
            {
                Delete(machine.At(directory) + ending);
            }
        }

        await PruneDownloadsAsync(cancellationToken);
        return notes;
    }

    /// <summary>Copies the files that someone changed or put there before the directory goes.</summary>
    private async Task<IReadOnlyList<string>> KeepForeignAsync(
        VersionListing listing,
        string version,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        foreach (var path in listing.ListForeign(machine, version))
        {
            var kept = await EditedFileBackup.KeepAsync(machine, path, cancellationToken);
            notes.Add($"{path} was changed after Holdfast installed it: the changed file is kept as {kept}");
            machine.Progress?.Report(notes[^1]);
        }

        return notes;
    }

    private async Task PruneDownloadsAsync(CancellationToken cancellationToken)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var software in machine.ListDirectories(SoftwareSpec.Top))
        {
            foreach (var version in ListVersions(software))
            {
                if (await VersionListing.ReadAsync(machine, $"{software}/{version}", cancellationToken) is { } listing)
                {
                    needed.Add(listing.Sha256);
                }
            }
        }

        Download.Prune(machine.Paths, needed);
    }

    /// <summary>SELinux knows what may be executed by the path at which a file lies; a file keeps the label that it was made with.</summary>
    private async Task RelabelAsync(string version, CancellationToken cancellationToken)
    {
        if (machine.Exists(Restorecon) && machine.Exists("/sys/fs/selinux/enforce"))
        {
            await machine.RunAsync(new ChildCommand(Restorecon, "-R", version), RelabelTimeout, cancellationToken);
        }
    }

    /// <summary>Also those that have only a listing, or only the directory of an installation that was cut short.</summary>
    private IEnumerable<string> ListVersions(string software) =>
        machine
            .ListDirectories(software)
            .Concat(machine.ListFiles(software))
            .Select(path => Path.GetFileName(path).Split('.')[0])
            .Distinct()
            .ToArray();

    private static void Delete(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void SyncAll(string directory)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories))
        {
            var kind = FileStatus.Read(path, followLink: false)?.Kind;
            if (kind == FileKind.Regular)
            {
                using var file = File.OpenHandle(path);
                RandomAccess.FlushToDisk(file);
            }
            else if (kind == FileKind.Directory)
            {
                AtomicFile.SyncDirectory(path);
            }
        }

        AtomicFile.SyncDirectory(directory);
    }
}
