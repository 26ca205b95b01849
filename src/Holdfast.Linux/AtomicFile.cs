using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Linux;

/// <summary>
/// Replaces a whole file so that after a power cut either the old or the new content is there, never a mixture: a new
/// file, fsync, rename, fsync of the directory. Safe from any thread and any process.
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

    /// <summary>
    /// Removes what a writer killed before its rename left, and finishes an overwriting that was cut short. Does nothing when
    /// there is nothing left.
    /// </summary>
    public static void RemoveLeftover(string path)
    {
        var target = Target(path);
        foreach (var whole in TemporaryFile.Places(target).Select(TemporaryFile.WholeOf).Where(File.Exists))
        {
            Overwrite(whole, target);
        }

        TemporaryFile.RemoveUnused(target);
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
        RemoveLeftover(path);
        var temporary = TemporaryFile.Open(target, path);
        try
        {
            using var handle = temporary.Handle;
            try
            {
                RandomAccess.SetLength(handle, 0);
                await write(handle);
                var existing = FileStatus.Read(target);
                SetModeAndOwner(handle, existing, mode, owner, path);
                FileLabels.Write(
                    temporary.Path,
                    FileLabels.Read(existing is null ? Path.GetDirectoryName(target)! : target)
                );
                RandomAccess.FlushToDisk(handle);
                FaultPoint.Reach("file.before-rename");
                Rename(temporary, target);
            }
            catch
            {
                File.Delete(temporary.Path);
                throw;
            }
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw LinuxException.FromIo($"cannot write {path}", cause);
        }

        SyncDirectory(Path.GetDirectoryName(target)!);
    }

    private static void Rename(TemporaryFile temporary, string target)
    {
        if (Libc.Rename(temporary.Path, target) == 0)
        {
            return;
        }

        var errno = Marshal.GetLastPInvokeError();
        if (errno != Errno.Busy)
        {
            throw LinuxException.FromErrno($"cannot write {target}", errno);
        }

        // A mount point (/etc/hosts in a container) cannot be replaced, only overwritten. A power cut in the middle leaves
        // all of the new content under a name from which the overwriting is finished.
        File.Move(temporary.Path, temporary.WholePath, overwrite: true);
        SyncDirectory(Path.GetDirectoryName(temporary.WholePath)!);
        FaultPoint.Reach("file.before-overwrite");
        Overwrite(temporary.WholePath, target);
    }

    private static void Overwrite(string whole, string target)
    {
        using (
            var source = new FileStream(whole, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
        )
        using (var inPlace = new FileStream(target, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite))
        {
            inPlace.SetLength(0);
            source.CopyTo(inPlace);
            inPlace.Flush(flushToDisk: true);
            File.SetUnixFileMode(inPlace.SafeFileHandle, File.GetUnixFileMode(source.SafeFileHandle));
        }

        File.Delete(whole);
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
}
