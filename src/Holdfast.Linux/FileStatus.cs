using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>Numeric owner and group of a file.</summary>
public readonly record struct FileOwner(uint Uid, uint Gid)
{
    /// <summary>Gives a file to an owner; a symbolic link itself, not what it leads to.</summary>
    public static void Set(string path, FileOwner owner)
    {
        if (Libc.Lchown(path, owner.Uid, owner.Gid) != 0)
        {
            throw LinuxException.FromErrno($"cannot change the owner of {path}", Marshal.GetLastPInvokeError());
        }
    }
}

/// <summary>What a directory entry is.</summary>
public enum FileKind
{
    Regular,
    Directory,
    SymbolicLink,
    Socket,
    CharacterDevice,
    BlockDevice,
    Other,
}

/// <summary>What the kernel says of one file, taken once. Safe from any thread.</summary>
/// <param name="ChangedAt">The moment of the last change of content, mode or owner (ctime): it cannot be forged.</param>
public sealed record FileStatus(
    FileKind Kind,
    UnixFileMode Mode,
    FileOwner Owner,
    long Length,
    ulong Inode,
    DateTimeOffset ChangedAt,
    DateTimeOffset ModifiedAt
)
{
    private const int KindMask = 0xF000;
    private const int ModeMask = 0xFFF;

    /// <summary>Names the file system: what has the same can be renamed into each other's place.</summary>
    internal (uint Major, uint Minor) Device { get; private init; }

    /// <summary>Reads the status of a path; null when nothing is there.</summary>
    /// <param name="followLink">Whether a symbolic link is followed to its target.</param>
    public static unsafe FileStatus? Read(string path, bool followLink = true)
    {
        Libc.StatxBuffer buffer;
        var flags = followLink ? 0 : Libc.AtSymlinkNoFollow;
        if (Libc.Statx(Libc.AtFdCwd, path, flags, Libc.StatxBasic, &buffer) == 0)
        {
            return From(buffer);
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is Errno.NoEntry or Errno.NotDirectory
            ? null
            : throw LinuxException.FromErrno($"cannot look at {path}", errno);
    }

    internal static unsafe FileStatus Read(int descriptor)
    {
        Libc.StatxBuffer buffer;
        return Libc.Statx(descriptor, "", Libc.AtEmptyPath, Libc.StatxBasic, &buffer) == 0
            ? From(buffer)
            : throw LinuxException.FromErrno("cannot look at an open file", Marshal.GetLastPInvokeError());
    }

    private static FileStatus From(in Libc.StatxBuffer buffer) =>
        new(
            (buffer.Mode & KindMask) switch
            {
                0x8000 => FileKind.Regular,
                0x4000 => FileKind.Directory,
                0xA000 => FileKind.SymbolicLink,
                0xC000 => FileKind.Socket,
                0x2000 => FileKind.CharacterDevice,
                0x6000 => FileKind.BlockDevice,
                _ => FileKind.Other,
            },
            (UnixFileMode)(buffer.Mode & ModeMask),
            new FileOwner(buffer.Uid, buffer.Gid),
            (long)buffer.Size,
            buffer.Inode,
            Time(buffer.ChangeSeconds, buffer.ChangeNanoseconds),
            Time(buffer.ModifySeconds, buffer.ModifyNanoseconds)
        )
        {
            Device = (buffer.DeviceMajor, buffer.DeviceMinor),
        };

    private static DateTimeOffset Time(long seconds, uint nanoseconds) =>
        DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / 100);
}
