using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// Brings one version into its directory: unpacked beside it, put onto the disk, renamed. Killed at any moment it leaves
/// either no listing, so that the next run begins again, or all of the version.
/// </summary>
internal sealed class VersionInstall(Machine machine, SoftwareSpec spec)
{
    private const string Restorecon = "/usr/sbin/restorecon";

    private static readonly TimeSpan RelabelTimeout = TimeSpan.FromMinutes(2);

    /// <param name="damaged">Of the version that is there and not as it was: what someone changed is kept.</param>
    public async Task RunAsync(VerifiedFile archive, VersionListing? damaged, CancellationToken cancellationToken)
    {
        var directory = machine.At(spec.VersionDirectory);
        var (fresh, old) = (directory + ".new", directory + ".old");
        Directory.CreateDirectory(machine.At(spec.Directory));
        Delete(fresh);
        Delete(old);
        try
        {
            machine.Progress?.Report($"unpacking {spec.Archive.FileName}");
            var unpacked = await ArchiveExtraction.RunAsync(archive.Path, fresh, spec, cancellationToken);
            SyncAll(unpacked);
            FaultPoint.Reach("software.after-unpack");

            if (damaged is not null)
            {
                await VersionPrune.KeepForeignAsync(machine, damaged, spec.VersionDirectory, cancellationToken);
            }

            File.Delete(machine.At(VersionListing.PathOf(spec.VersionDirectory)));
            if (Directory.Exists(directory))
            {
                Directory.Move(directory, old);
            }

            Directory.Move(unpacked, directory);
            AtomicFile.SyncDirectory(machine.At(spec.Directory));
        }
        finally
        {
            Delete(fresh);
            Delete(old);
        }

        await RelabelAsync(cancellationToken);
        FaultPoint.Reach("software.before-listing");
        await VersionListing
            .Of(archive.Sha256, directory)
            .WriteAsync(machine, spec.VersionDirectory, cancellationToken);
    }

    public static void Delete(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>SELinux knows what may be executed by the path at which a file lies; a file keeps the label that it was made with.</summary>
    private async Task RelabelAsync(CancellationToken cancellationToken)
    {
        if (machine.Exists(Restorecon) && machine.Exists("/sys/fs/selinux/enforce"))
        {
            await machine.RunAsync(
                new ChildCommand(Restorecon, "-R", spec.VersionDirectory),
                RelabelTimeout,
                cancellationToken
            );
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
