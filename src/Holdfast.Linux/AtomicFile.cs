using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Linux;

/// <summary>
/// Replaces a whole file so that after a power cut either the old or the new content is there, never a mixture: a new
/// file beside it, fsync, rename, fsync of the directory. Safe from any thread and any process.
/// </summary>
public static class AtomicFile
{
    /// <summary>0644, the mode of a new file when the caller names none.</summary>
    public const UnixFileMode DefaultMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>0600, for keys and whatever else only root may read.</summary>
    public const UnixFileMode SecretMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Puts the bytes in place; the task completes when they are on the disk.</summary>
    /// <param name="path">The file; a symbolic link is followed and its target replaced. The directory must exist.</param>
    /// <param name="mode">Null keeps the mode of an existing file; a new one gets <see cref="DefaultMode"/>.</param>
    /// <param name="owner">Null keeps the owner of an existing file; a new one belongs to this process.</param>
    /// <exception cref="LinuxException">The file is as it was before.</exception>
    public static Task WriteAsync(
        string path,
        ReadOnlyMemory<byte> content,
        UnixFileMode? mode = null,
        FileOwner? owner = null,
        CancellationToken cancellationToken = default
    ) =>
        ReplaceAsync(
            path,
            handle =>
            {
                RandomAccess.Write(handle, content.Span, 0);
                return Task.CompletedTask;
            },
            mode,
            owner,
            cancellationToken
        );

    /// <summary>As <see cref="WriteAsync"/>, with the content of another file (a program of many megabytes).</summary>
    public static async Task CopyAsync(
        string source,
        string path,
        UnixFileMode? mode = null,
        FileOwner? owner = null,
        CancellationToken cancellationToken = default
    )
    {
        FileStream from;
        try
        {
            from = new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw LinuxException.FromIo($"cannot read {source}", cause);
        }

        await using (from)
        {
            await ReplaceAsync(
                path,
                async handle =>
                {
                    await using var to = new FileStream(
                        new SafeFileHandle(handle.DangerousGetHandle(), false),
                        FileAccess.Write
                    );
                    await from.CopyToAsync(to, cancellationToken);
                },
                mode,
                owner,
                cancellationToken
            );
        }
    }

    /// <summary>Removes what a writer killed before its rename left beside the file. Does nothing when it left nothing.</summary>
    public static void RemoveLeftover(string path)
    {
        var temporary = TemporaryPath(Target(path));
        if (File.Exists(temporary))
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Makes the entries of a directory (a rename, a removal) survive a power cut.</summary>
    public static void SyncDirectory(string path)
    {
        var descriptor = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            throw LinuxException.FromErrno($"cannot open {path}", Marshal.GetLastPInvokeError());
        }

        // Some file systems have no fsync for directories (EINVAL); there the rename is as durable as it gets.
        _ = Libc.Fsync(descriptor);
        _ = Libc.Close(descriptor);
    }

    private static async Task ReplaceAsync(
        string path,
        Func<SafeFileHandle, Task> write,
        UnixFileMode? mode,
        FileOwner? owner,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();

        // fsync blocks for milliseconds: it must not hold the thread of a caller that awaits several things.
        await Task.Yield();
        var target = Target(path);
        var temporary = TemporaryPath(target);
        try
        {
            using var handle = OpenLocked(temporary, path);
            try
            {
                RandomAccess.SetLength(handle, 0);
                await write(handle);
                SetModeAndOwner(handle, FileStatus.Read(target), mode, owner, path);
                RandomAccess.FlushToDisk(handle);
                FaultPoint.Reach("file.before-rename");
                Rename(handle, temporary, target);
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw LinuxException.FromIo($"cannot write {path}", cause);
        }

        SyncDirectory(Path.GetDirectoryName(target)!);
    }

    private static void Rename(SafeFileHandle handle, string temporary, string target)
    {
        if (Libc.Rename(temporary, target) == 0)
        {
            return;
        }

        var errno = Marshal.GetLastPInvokeError();
        if (errno != Errno.Busy)
        {
            throw LinuxException.FromErrno($"cannot write {target}", errno);
        }

        // A mount point (/etc/hosts in a container) cannot be replaced, only overwritten. A power cut in the middle
        // leaves the temporary file, which has all of the new content.
        using var source = new FileStream(
            temporary,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete
        );
        using (var inPlace = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            inPlace.SetLength(0);
            source.CopyTo(inPlace);
            inPlace.Flush(flushToDisk: true);
        }

        var status = FileStatus.Read((int)handle.DangerousGetHandle());
        File.SetUnixFileMode(target, status.Mode);
        File.Delete(temporary);
    }

    /// <summary>
    /// Opens the temporary file alone. Its name is fixed, so that one left by a crash is used up by the next writer; the
    /// lock keeps two writers of the same file apart, and a writer that waited while the other renamed starts anew. Until it
    /// is complete nobody else may read it: who opened it while it was everybody's could read a password from it later.
    /// </summary>
    private static SafeFileHandle OpenLocked(string temporary, string path)
    {
        while (true)
        {
            var descriptor = Libc.Open(
                temporary,
                Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec,
                (uint)SecretMode
            );
            if (descriptor < 0)
            {
                throw LinuxException.FromErrno($"cannot write {path}", Marshal.GetLastPInvokeError());
            }
            var handle = new SafeFileHandle(descriptor, ownsHandle: true);
            LockWhole(handle, temporary);
            if (FileStatus.Read(temporary, followLink: false)?.Inode == FileStatus.Read(descriptor).Inode)
            {
                // One that a crash left behind may be everybody's.
                File.SetUnixFileMode(handle, SecretMode);
                return handle;
            }

            handle.Dispose();
        }
    }

    /// <summary>
    /// Waits for a lock of the open file (fcntl), not of flock's kind: .NET takes a flock on every file that it opens, and a
    /// reader that comes right after the rename would be refused.
    /// </summary>
    private static unsafe void LockWhole(SafeFileHandle handle, string path)
    {
        var whole = new Libc.RecordLock { Type = Libc.WriteLock };
        while (Libc.Fcntl((int)handle.DangerousGetHandle(), Libc.SetOpenFileLockWait, &whole) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Interrupted)
            {
                handle.Dispose();
                throw LinuxException.FromErrno($"cannot lock {path}", errno);
            }
        }
    }

    private static void SetModeAndOwner(
        SafeFileHandle handle,
        FileStatus? existing,
        UnixFileMode? mode,
        FileOwner? owner,
        string path
    )
    {
        var descriptor = (int)handle.DangerousGetHandle();
        var wantedOwner = owner ?? existing?.Owner;
        if (
            wantedOwner is { } to
            && to != FileStatus.Read(descriptor).Owner
            && Libc.Fchown(descriptor, to.Uid, to.Gid) != 0
        )
        {
            throw LinuxException.FromErrno($"cannot give {path} to {to.Uid}:{to.Gid}", Marshal.GetLastPInvokeError());
        }

        // After chown, which clears set-uid bits.
        File.SetUnixFileMode(handle, mode ?? existing?.Mode ?? DefaultMode);
    }

    /// <summary>ResolveLinkTarget throws for a file that is still to be made; LinkTarget does not.</summary>
    private static string Target(string path) =>
        new FileInfo(path).LinkTarget is null
            ? Path.GetFullPath(path)
            : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);

    private static string TemporaryPath(string target) =>
        Path.Join(Path.GetDirectoryName(target), $".{Path.GetFileName(target)}.holdfast-new");
}
