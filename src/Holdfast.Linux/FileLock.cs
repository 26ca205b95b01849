using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Linux;

/// <summary>
/// An exclusive lock that a process holds on a file for as long as it lives; the kernel lets go of it even after kill -9.
/// The file says who holds it. Not for locking between threads. Dispose once, from any thread.
/// </summary>
public sealed class FileLock : IDisposable
{
    private const uint OwnerReadWrite = 0x180; // 0600

    /// <summary>Each time the directory was removed by another process that ended in this very moment.</summary>
    private const int MostAttempts = 10;

    private readonly SafeFileHandle handle;

    private FileLock(SafeFileHandle handle) => this.handle = handle;

    /// <summary>Takes the lock without waiting.</summary>
    /// <param name="path">
    /// The lock file; it is made when missing, with its directory. Only who holds the lock may remove it: who waited with the
    /// removed file open does not take that one for the lock.
    /// </param>
    /// <param name="holder">When the lock was not free: the process that holds it, if it could be read.</param>
    /// <returns>The lock, or null when another open has it (also one of this process).</returns>
    /// <exception cref="LinuxException">The file cannot be made or locked.</exception>
    public static FileLock? TryTake(string path, out int? holder)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var taken = TryTakeOnce(path, out holder);
                if (taken is null || taken.IsAt(path))
                {
                    return taken;
                }

                taken.Dispose();
            }
            catch (LinuxException failure) when (failure.Reason == LinuxReason.NotFound && attempt < MostAttempts)
            {
                // Its last holder removed the directory too.
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            }
        }
    }

    private static FileLock? TryTakeOnce(string path, out int? holder)
    {
        holder = null;

        // Not FileStream: .NET takes a shared lock on every file that it opens, and so could not read the holder.
        var file = new SafeFileHandle(
            Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec, OwnerReadWrite),
            ownsHandle: true
        );
        try
        {
            if (file.IsInvalid)
            {
                throw Failure(path);
            }

            if (Libc.Flock((int)file.DangerousGetHandle(), Libc.LockExclusive | Libc.LockNonBlocking) == 0)
            {
                WriteHolder(file);
                var taken = new FileLock(file);
                file = null;
                return taken;
            }

            if (Marshal.GetLastPInvokeError() != Errno.Again)
            {
                throw Failure(path);
            }

            holder = ReadHolder(file);
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>
    /// The process that holds the lock right now; null when it is free. Only looks, so that nobody who wants the lock is
    /// kept waiting for this. What the file says is not enough: the process that took the lock last may be gone, and
    /// after a reboot another one may have its number.
    /// </summary>
    public static int? FindHolder(string path)
    {
        using var file = new SafeFileHandle(Libc.Open(path, Libc.OpenCloseOnExec, 0), ownsHandle: true);
        if (file.IsInvalid || ReadHolder(file) is not { } holder || FileStatus.Read(path) is not { } status)
        {
            return null;
        }

        // "1: FLOCK  ADVISORY  WRITE 4711 08:01:131208 0 EOF" (proc_locks(5)); of the device the number may be another than
        // stat's, for example on btrfs.
        var isHeld = File.ReadLines("/proc/locks")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(words =>
                words is [_, "FLOCK", _, _, var process, var place, ..]
                && process == holder.ToString(CultureInfo.InvariantCulture)
                && place.EndsWith($":{status.Inode}", StringComparison.Ordinal)
            );
        return isHeld ? holder : null;
    }

    /// <summary>Whether the locked file still is the one of this name.</summary>
    private bool IsAt(string path) =>
        FileStatus.Read(path) is { } named
        && FileStatus.Read($"/proc/self/fd/{(int)handle.DangerousGetHandle()}") is { } locked
        && named.Inode == locked.Inode;

    public void Dispose()
    {
        if (!handle.IsClosed)
        {
            // Closing alone is not enough: a child that another thread is just starting has a copy of the descriptor until
            // it runs its program, and the lock lives as long as the last copy.
            _ = Libc.Flock((int)handle.DangerousGetHandle(), Libc.LockUnlock);
            handle.Dispose();
        }
    }

    private static void WriteHolder(SafeFileHandle handle)
    {
        try
        {
            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
        }
        catch (IOException)
        {
            // A full disk: the lock holds all the same, only its holder stays unnamed.
        }
    }

    private static int? ReadHolder(SafeFileHandle handle)
    {
        Span<byte> text = stackalloc byte[16];
        var length = RandomAccess.Read(handle, text, 0);
        return int.TryParse(text[..length].TrimEnd((byte)'\n'), CultureInfo.InvariantCulture, out var pid) ? pid : null;
    }

    private static LinuxException Failure(string path) =>
        LinuxException.FromErrno($"cannot lock {path}", Marshal.GetLastPInvokeError());
}
