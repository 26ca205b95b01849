using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Linux;

/// <summary>
/// Where the new content of a file lies until it is complete: not in the directory of the file, where a program may read
/// whatever it finds (CRI-O does), but in the one above, if that is on the same file system and only its owner can write to it.
/// </summary>
internal sealed class TemporaryFile
{
    private const UnixFileMode OthersCanWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private const string Ending = ".holdfast-new";

    private TemporaryFile(string path, SafeFileHandle handle)
    {
        Path = path;
        Handle = handle;
    }

    public string Path { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>Its name while the target, which cannot be replaced, is overwritten from it.</summary>
    public string WholePath => WholeOf(Path);

    public static string WholeOf(string temporary) => temporary[..^Ending.Length] + ".holdfast-whole";

    /// <summary>Both places, the better one first.</summary>
    public static IEnumerable<string> Places(string target)
    {
        var directory = System.IO.Path.GetDirectoryName(target)!;
        var name = System.IO.Path.GetFileName(target);
        if (System.IO.Path.GetDirectoryName(directory) is { } above)
        {
            yield return System.IO.Path.Join(above, $".{System.IO.Path.GetFileName(directory)}.{name}{Ending}");
        }

        yield return System.IO.Path.Join(directory, $".{name}{Ending}");
    }

    /// <summary>Removes what a killed writer left; one that is still writing keeps its file.</summary>
    public static void RemoveUnused(string target)
    {
        foreach (var place in Places(target).Where(place => FileStatus.Read(place, followLink: false) is not null))
        {
            using var handle = TryOpen(place, Libc.OpenReadWrite);
            if (handle is null || TryLock(handle, Libc.SetOpenFileLock))
            {
                File.Delete(place);
            }
        }
    }

    /// <summary>Opens it alone, with a name that is fixed, so that one left by a crash is used up by the next writer.</summary>
    /// <param name="path">The file as the caller knows it, for a message.</param>
    public static TemporaryFile Open(string target, string path)
    {
        var place = ChoosePlace(target);
        while (true)
        {
            var handle = TryOpen(place, Libc.OpenReadWrite | Libc.OpenCreate);
            var errno = Marshal.GetLastPInvokeError();
            if (handle is null && errno == Errno.Loop)
            {
                // Nobody's temporary file is a link.
                File.Delete(place);
                continue;
            }

            if (handle is null)
            {
                throw LinuxException.FromErrno($"cannot write {path}", errno);
            }

            if (IsStillThere(handle, place, path))
            {
                // One that a crash left behind may be everyone's: who opened it then could read a password from it later.
                File.SetUnixFileMode(handle, AtomicFile.SecretMode);
                return new TemporaryFile(place, handle);
            }

            handle.Dispose();
        }
    }

    private static string ChoosePlace(string target)
    {
        var directory = FileStatus.Read(System.IO.Path.GetDirectoryName(target)!);
        foreach (var place in Places(target).SkipLast(1))
        {
            var above = FileStatus.Read(System.IO.Path.GetDirectoryName(place)!);
            if (
                above is not null
                && directory is not null
                && above.Device == directory.Device
                && above.Owner.Uid == directory.Owner.Uid
                && (above.Mode & OthersCanWrite) == UnixFileMode.None
                && CanWrite(place)
            )
            {
                return place;
            }
        }

        return Places(target).Last();
    }

    /// <summary>A root file system that is read-only can have a writable directory without another device number (overlay).</summary>
    private static bool CanWrite(string place)
    {
        using var handle = TryOpen(place, Libc.OpenReadWrite | Libc.OpenCreate);
        return handle is not null || Marshal.GetLastPInvokeError() == Errno.Loop;
    }

    /// <summary>
    /// The lock keeps two writers of the same file apart, and a writer that waited while the other renamed starts anew.
    /// </summary>
    private static bool IsStillThere(SafeFileHandle handle, string place, string path)
    {
        try
        {
            while (!TryLock(handle, Libc.SetOpenFileLockWait))
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.Interrupted)
                {
                    throw LinuxException.FromErrno($"cannot lock {path}", errno);
                }
            }

            return FileStatus.Read(place, followLink: false)?.Inode
                == FileStatus.Read((int)handle.DangerousGetHandle()).Inode;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A lock of the open file (fcntl), not of flock's kind: .NET takes a flock on every file that it opens, and a reader
    /// that comes right after the rename would be refused.
    /// </summary>
    private static unsafe bool TryLock(SafeFileHandle handle, int command)
    {
        var whole = new Libc.RecordLock { Type = Libc.WriteLock };
        return Libc.Fcntl((int)handle.DangerousGetHandle(), command, &whole) == 0;
    }

    private static SafeFileHandle? TryOpen(string place, int flags)
    {
        var descriptor = Libc.Open(
            place,
            flags | Libc.OpenNoFollow | Libc.OpenCloseOnExec,
            (uint)AtomicFile.SecretMode
        );
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }
}
