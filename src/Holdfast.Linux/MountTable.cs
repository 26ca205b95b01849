using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>One mount of this mount namespace.</summary>
public sealed record MountEntry(string Target, string Type, string Source);

/// <summary>The mounts of this process at one moment, and the calls that add and remove one. Safe from any thread.</summary>
public sealed record MountTable(IReadOnlyList<MountEntry> Mounts)
{
    private const ulong MountNoSuid = 0x2;
    private const ulong MountNoDev = 0x4;
    private const int UnmountDetach = 0x2;
    private const int UnmountNoFollow = 0x8;

    /// <summary>Reads <c>/proc/self/mountinfo</c>.</summary>
    public static MountTable Read(string root = "/") =>
        new(File.ReadLines(Path.Join(root, "proc/self/mountinfo")).Select(Parse).OfType<MountEntry>().ToArray());

    /// <summary>The mount on exactly this directory, the uppermost one; null when it is no mount point.</summary>
    public MountEntry? Find(string target) => Mounts.LastOrDefault(mount => mount.Target == target);

    /// <summary>Mounts below or at a directory, the innermost first: the order in which they can be unmounted.</summary>
    public IEnumerable<MountEntry> Below(string directory)
    {
        var prefix = directory.TrimEnd('/') + "/";
        return Mounts
            .Where(mount => mount.Target == directory || mount.Target.StartsWith(prefix, StringComparison.Ordinal))
            .Reverse();
    }

    /// <param name="sizeBytes">Null: the kernel's default, half of the memory.</param>
    public static void MountTmpfs(string target, UnixFileMode mode, long? sizeBytes = null)
    {
        var data = $"mode={Convert.ToString((int)mode, 8)}" + (sizeBytes is { } size ? $",size={size}" : "");
        if (Libc.Mount("tmpfs", target, "tmpfs", MountNoSuid | MountNoDev, data) != 0)
        {
            throw LinuxException.FromErrno($"cannot mount a tmpfs on {target}", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Unmounts; false when it was no mount point.</summary>
    /// <param name="detach">Take it out of sight now even when it is busy; the kernel ends it when its last user is gone.</param>
    public static bool Unmount(string target, bool detach = false)
    {
        if (Libc.Umount(target, UnmountNoFollow | (detach ? UnmountDetach : 0)) == 0)
        {
            return true;
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is Errno.Invalid or Errno.NoEntry
            ? false
            : throw LinuxException.FromErrno($"cannot unmount {target}", errno);
    }

    /// <summary>Format: <c>36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue</c> (proc_pid_mountinfo(5)).</summary>
    private static MountEntry? Parse(string line)
    {
        var fields = line.Split(' ');
        var separator = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
        return separator < 6 || fields.Length < separator + 4
            ? null
            : new MountEntry(Unescape(fields[4]), fields[separator + 1], Unescape(fields[separator + 2]));
    }

    /// <summary>Blank, tab, line feed and backslash are written as octal numbers.</summary>
    private static string Unescape(string field) =>
        field.Contains('\\')
            ? field.Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\")
            : field;
}
