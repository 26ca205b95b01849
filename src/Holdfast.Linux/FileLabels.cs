using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>Labels of SELinux: what says who may run or read a file on Fedora and its kin. Safe from any thread.</summary>
public static class FileLabels
{
    private const string Attribute = "security.selinux";

    /// <summary>Bytes. The longest that SELinux gives is a page (SELINUX_LABEL_LENGTH).</summary>
    private const int MaxLength = 4096;

    /// <summary>The label of the file, or of the link itself; null where files have none.</summary>
    /// <exception cref="LinuxException">The file is not there or may not be looked at.</exception>
    public static unsafe byte[]? Read(string path)
    {
        var buffer = stackalloc byte[MaxLength];
        var length = Libc.Lgetxattr(path, Attribute, buffer, MaxLength);
        if (length >= 0)
        {
            return new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
        }

        var errno = Marshal.GetLastPInvokeError();
        return errno is Errno.NoData or Errno.NotSupported
            ? null
            : throw LinuxException.FromErrno($"cannot read the SELinux label of {path}", errno);
    }

    /// <summary>Labels the file, or the link itself. Does nothing where the file system has no labels.</summary>
    /// <param name="label">As <see cref="Read"/> gave it; null does nothing.</param>
    public static unsafe void Write(string path, byte[]? label)
    {
        if (label is null)
        {
            return;
        }

        fixed (byte* bytes = label)
        {
            if (Libc.Lsetxattr(path, Attribute, bytes, (nuint)label.Length, 0) == 0)
            {
                return;
            }
        }

        var errno = Marshal.GetLastPInvokeError();
        if (errno != Errno.NotSupported)
        {
            throw LinuxException.FromErrno($"cannot set the SELinux label of {path}", errno);
        }
    }
}
