using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>Error numbers of the kernel (the same on x86-64 and arm64) and what they mean to callers.</summary>
internal static class Errno
{
    public const int Perm = 1;
    public const int NoEntry = 2;
    public const int NoProcess = 3;
    public const int Interrupted = 4;
    public const int NoAddress = 6;
    public const int Again = 11;
    public const int Access = 13;
    public const int Busy = 16;
    public const int Exists = 17;
    public const int NoDevice = 19;
    public const int NotDirectory = 20;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;
    public const int NoSystemCall = 38;
    public const int Loop = 40;
    public const int NoData = 61;
    public const int NotSupported = 95;
    public const int Quota = 122;

    public static LinuxReason ToReason(int errno) =>
        errno switch
        {
            NoEntry or NoProcess or NotDirectory => LinuxReason.NotFound,
            Perm or Access => LinuxReason.Denied,
            Exists => LinuxReason.AlreadyExists,
            NoSpace or Quota => LinuxReason.NoSpace,
            ReadOnly => LinuxReason.ReadOnly,
            Busy or Again => LinuxReason.Busy,
            Invalid => LinuxReason.Invalid,
            NoSystemCall or NotSupported => LinuxReason.NotSupported,
            _ => LinuxReason.Failed,
        };

    public static string Describe(int errno) =>
        errno switch
        {
            NoSpace or Quota => "no space left on the disk; free some space and try again",
            Perm or Access => "permission denied; run it as root",
            _ => Marshal.GetPInvokeErrorMessage(errno),
        };
}
