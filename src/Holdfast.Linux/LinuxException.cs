namespace Holdfast.Linux;

/// <summary>Why the machine refused, as far as a caller can act on it.</summary>
public enum LinuxReason
{
    /// <summary>The file, process, module or key is not there.</summary>
    NotFound,

    /// <summary>It exists already.</summary>
    AlreadyExists,

    /// <summary>Not permitted: not root, or a capability is missing.</summary>
    Denied,

    /// <summary>The disk or quota is full.</summary>
    NoSpace,

    /// <summary>The file system is mounted read-only.</summary>
    ReadOnly,

    /// <summary>Somebody else holds it at the moment.</summary>
    Busy,

    /// <summary>It did not end within its time.</summary>
    TimedOut,

    /// <summary>This kernel cannot do it.</summary>
    NotSupported,

    /// <summary>The arguments make no sense to the kernel.</summary>
    Invalid,

    /// <summary>Anything else; the message says what.</summary>
    Failed,
}

/// <summary>The one exception of this room: something the machine did not do, and why.</summary>
public sealed class LinuxException : Exception
{
    public LinuxException(LinuxReason reason, string message, Exception? inner = null)
        : base(message, inner)
    {
        Reason = reason;
    }

    public LinuxReason Reason { get; }

    /// <summary>Makes the exception of a failed system call.</summary>
    /// <param name="what">What could not be done, for example <c>cannot write /etc/hosts</c>.</param>
    /// <param name="errno">The error number the call left.</param>
    internal static LinuxException FromErrno(string what, int errno) =>
        new(Errno.ToReason(errno), $"{what}: {Errno.Describe(errno)}");

    internal static LinuxException FromIo(string what, Exception cause)
    {
        var reason = cause switch
        {
            UnauthorizedAccessException => LinuxReason.Denied,
            FileNotFoundException or DirectoryNotFoundException => LinuxReason.NotFound,
            // On Unix the HResult of an IOException is the raw error number.
            IOException io => Errno.ToReason(io.HResult),
            _ => LinuxReason.Failed,
        };
        var hint = reason switch
        {
            LinuxReason.NoSpace => "no space left on the disk; free some space and try again",
            LinuxReason.ReadOnly => "the file system is read-only",
            LinuxReason.Denied => "permission denied; run it as root",
            LinuxReason.NotFound => "it does not exist",
            _ => cause.Message,
        };
        return new LinuxException(reason, $"{what}: {hint}", cause);
    }
}
