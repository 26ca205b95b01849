using System.Text;
using Holdfast.Document;
using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// An archive unpacked beside the node's own data, complete and on the disk before any of it is moved to its place. One
/// at a time, for the holder of the journal. Stateless.
/// </summary>
internal static class Staging
{
    /// <summary>
    /// Fetches, verifies and unpacks, unless that is done already. Changes nothing outside Holdfast's own directories.
    /// </summary>
    /// <returns>Entries with paths below the target and the names of their staged files.</returns>
    public static async Task<SoftwareManifest> PrepareAsync(
        Machine machine,
        string name,
        string key,
        ArchiveSpec archive,
        string target,
        Func<string, string?>? place,
        CancellationToken cancellationToken
    )
    {
        if (await ReadReadyAsync(machine, key, cancellationToken) is { } ready)
        {
            return ready;
        }

        // A repair takes the archive that is installed: neither it nor its published checksum is asked for again.
        var installed = await SoftwareManifest.ReadAsync(machine.Paths, name, cancellationToken);
        var known = installed?.Key == key ? archive with { Sha256 = installed.Sha256 } : archive;
        var file = await new Download(machine).FetchAsync(known, cancellationToken);
        RemoveAll(machine);
        var directory = DirectoryOf(machine, key);
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            var entries = await ArchiveReader.UnpackAsync(
                file.Path,
                directory,
                target,
                place,
                new ArchiveLimits(),
                machine.Progress,
                cancellationToken
            );
            FaultPoint.Reach("archive.after-unpack");
            var manifest = new SoftwareManifest(name, key, archive.FileName, file.Sha256, entries);
            await AtomicFile.WriteAsync(
                ReadyPath(machine, key),
                manifest.ToUtf8(),
                cancellationToken: cancellationToken
            );
            return manifest;
        }
        catch (NodeException refusal) when (refusal.Reason == NodeReason.ArchiveRefused)
        {
            RemoveAll(machine);
            throw new NodeException(
                NodeReason.ArchiveRefused,
                $"cannot use {archive.FileName}: {refusal.Message}; nothing was changed; use another archive",
                refusal
            );
        }
    }

    /// <summary>Where the content of an entry lies until it is moved.</summary>
    public static string PathOf(Machine machine, SoftwareManifest manifest, ArchiveEntry entry) =>
        Path.Join(DirectoryOf(machine, manifest.Key), entry.Staged);

    /// <summary>From now on it is no longer complete: a run after a crash unpacks again.</summary>
    public static void Begin(Machine machine, SoftwareManifest manifest)
    {
        File.Delete(ReadyPath(machine, manifest.Key));
        AtomicFile.SyncDirectory(DirectoryOf(machine, manifest.Key));
    }

    /// <summary>Removes whatever is staged, of this archive and of all others.</summary>
    public static void RemoveAll(Machine machine)
    {
        if (Directory.Exists(machine.Paths.StagingDirectory))
        {
            Directory.Delete(machine.Paths.StagingDirectory, recursive: true);
        }
    }

    private static async Task<SoftwareManifest?> ReadReadyAsync(
        Machine machine,
        string key,
        CancellationToken cancellationToken
    )
    {
        var path = ReadyPath(machine, key);
        return File.Exists(path)
            ? SoftwareManifest.Parse(Encoding.UTF8.GetString(await File.ReadAllBytesAsync(path, cancellationToken)))
            : null;
    }

    private static string DirectoryOf(Machine machine, string key) => Path.Join(machine.Paths.StagingDirectory, key);

    private static string ReadyPath(Machine machine, string key) => Path.Join(DirectoryOf(machine, key), "ready.json");
}
