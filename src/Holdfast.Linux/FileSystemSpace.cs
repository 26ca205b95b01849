using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>Room that is left in one file system. Safe from any thread.</summary>
/// <param name="FreeBytes">For root less what is reserved: what a runtime can really use.</param>
/// <param name="Inodes">0 where the file system makes them as it needs (btrfs).</param>
public sealed record FileSystemSpace(long FreeBytes, long Inodes, long FreeInodes)
{
    /// <summary>The file system that a path is in; null when there is no such path.</summary>
    public static unsafe FileSystemSpace? Read(string path)
    {
        Libc.StatvfsBuffer buffer;
        if (Libc.Statvfs(path, &buffer) == 0)
        {
            return new FileSystemSpace(
                (long)(buffer.BlocksAvailable * buffer.FragmentSize),
                (long)buffer.Inodes,
                (long)buffer.InodesAvailable
            );
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is Errno.NoEntry or Errno.NotDirectory
            ? null
            : throw LinuxException.FromErrno($"cannot look at the file system of {path}", errno);
    }
}
