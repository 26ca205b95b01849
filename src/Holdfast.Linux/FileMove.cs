using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>Moves a finished file into its place, over whatever file or link is there. Safe from any thread.</summary>
public static class FileMove
{
    /// <summary>
    /// In one step where both lie on one file system; elsewhere a copy is made beside the place first. Mode, owner and time
    /// of change go along. The caller makes the directory entry durable (<see cref="AtomicFile.SyncDirectory"/>).
    /// </summary>
    /// <exception cref="LinuxException">The place is as it was before.</exception>
    public static async Task IntoPlaceAsync(string source, string path, CancellationToken cancellationToken)
    {
        if (Libc.Rename(source, path) == 0)
        {
            return;
        }

        var errno = Marshal.GetLastPInvokeError();
        if (errno != Errno.CrossDevice)
        {
            throw LinuxException.FromErrno($"cannot put {path} in place", errno);
        }

        var status = FileStatus.Read(source, followLink: false)!;
        if (FileStatus.Read(path, followLink: false)?.Kind == FileKind.SymbolicLink)
        {
            // A copy would go to where the link leads.
            File.Delete(path);
        }

        await AtomicFile.CopyAsync(source, path, status.Mode, status.Owner, cancellationToken);
        File.SetLastWriteTimeUtc(path, status.ModifiedAt.UtcDateTime);
        File.Delete(source);
    }
}
