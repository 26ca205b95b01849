using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Software;

/// <summary>Moves a staged archive to its places, file by file, and writes the manifest last. For one call.</summary>
internal sealed class ArchiveInstall(Machine machine, SoftwareManifest staged, IReadOnlyList<ArchiveEntry> entries)
{
    private readonly HashSet<string> changed = new(StringComparer.Ordinal);

    public async Task RunAsync(SoftwareManifest? before, CancellationToken cancellationToken)
    {
        Staging.Begin(machine, staged);
        MakeDirectories();
        foreach (var entry in entries.Where(entry => entry.Kind != ArchiveEntryKind.Directory))
        {
            await KeepEditedAsync(entry, before, cancellationToken);
            await PutAsync(entry, cancellationToken);
        }

        foreach (var path in ArchiveOriginal.ListStale(entries, before))
        {
            FaultPoint.Reach("archive.before-remove");
            File.Delete(machine.At(path));
            changed.Add(Path.GetDirectoryName(machine.At(path))!);
        }

        foreach (var directory in changed.Where(Directory.Exists))
        {
            AtomicFile.SyncDirectory(directory);
        }

        FaultPoint.Reach("archive.before-manifest");
        await WriteManifestAsync(cancellationToken);
        Staging.RemoveAll(machine);
        await PruneAsync(cancellationToken);
    }

    /// <summary>What is there keeps its mode and owner: <c>/usr</c> is not ours because an archive has a <c>usr/</c>.</summary>
    private void MakeDirectories()
    {
        foreach (var entry in entries.Where(entry => entry.Kind == ArchiveEntryKind.Directory))
        {
            var at = machine.At(entry.Path);
            if (FileStatus.Read(at, followLink: false)?.Kind == FileKind.SymbolicLink)
            {
                // Of the version before; every other link was followed.
                File.Delete(at);
            }

            if (Directory.Exists(at))
            {
                continue;
            }

            Directory.CreateDirectory(at);
            if (Environment.IsPrivilegedProcess)
            {
                FileOwner.Set(at, entry.Owner);
            }

            // Whatever the archive says, its owner can go in.
            File.SetUnixFileMode(at, entry.Mode | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
            changed.Add(Path.GetDirectoryName(at)!);
        }
    }

    /// <summary>Setting the same time again would still change the file's ctime, by which services are found to be stale.</summary>
    private static bool HasOtherTime(Machine machine, ArchiveEntry entry) =>
        machine.Status(entry.Path) is { } status
        && status.ModifiedAt.ToUnixTimeSeconds() != entry.ModifiedAt.ToUnixTimeSeconds();

    /// <summary>
    /// A repair puts back what the archive has. Other than at an upgrade, the journal has only what was there before the
    /// archive, not what a person has made of the file since.
    /// </summary>
    private async Task KeepEditedAsync(
        ArchiveEntry entry,
        SoftwareManifest? before,
        CancellationToken cancellationToken
    )
    {
        var at = machine.At(entry.Path);
        if (
            before?.Key == staged.Key
            && FileStatus.Read(at, followLink: false)?.Kind == FileKind.Regular
            && (entry.Sha256 is null || await FileOriginal.HashAsync(at, cancellationToken) != entry.Sha256)
        )
        {
            var kept = await KeptFiles.KeepAsync(machine, entry.Path, cancellationToken);
            machine.Progress?.Report($"{entry.Path} was changed by somebody: the changed file is kept as {kept}");
        }
    }

    private async Task PutAsync(ArchiveEntry entry, CancellationToken cancellationToken)
    {
        // What is the same already stays, so that no service is restarted for it.
        if (await PlacedEntry.FindDifferenceAsync(machine, entry, trustTime: false, cancellationToken) is null)
        {
            if (entry.Kind == ArchiveEntryKind.File && HasOtherTime(machine, entry))
            {
                File.SetLastWriteTimeUtc(machine.At(entry.Path), entry.ModifiedAt.UtcDateTime);
            }

            return;
        }

        var at = machine.At(entry.Path);
        FaultPoint.Reach("archive.before-rename");
        if (entry.Target is { } target)
        {
            AtomicLink.Replace(at, target, LinkResource.TemporaryPath(at));
        }
        else
        {
            machine.Progress?.Report(entry.Path);
            await FileMove.IntoPlaceAsync(Staging.PathOf(machine, staged, entry), at, cancellationToken);
        }

        changed.Add(Path.GetDirectoryName(at)!);
    }

    private async Task WriteManifestAsync(CancellationToken cancellationToken)
    {
        var path = SoftwareManifest.PathOf(machine.Paths, staged.Name);
        var manifest = staged with { Entries = [.. entries.Select(entry => entry with { Staged = null })] };
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await AtomicFile.WriteAsync(path, manifest.ToUtf8(), cancellationToken: cancellationToken);
    }

    /// <summary>The archives of what is installed stay, so that a repair needs no network; those of older versions go.</summary>
    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(machine.Paths.ManifestsDirectory, "*.json"))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            if (await SoftwareManifest.ReadAsync(machine.Paths, name, cancellationToken) is { } manifest)
            {
                needed.Add(manifest.Sha256);
            }
        }

        Download.Prune(machine.Paths, needed);
    }
}
