using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>The clocks of the kernel. Safe from any thread.</summary>
public static class KernelClock
{
    /// <summary>Bytes: more than <c>struct timex</c> has on any architecture.</summary>
    private const int TimexLength = 256;

    /// <summary>Offset of <c>status</c> on 64-bit machines.</summary>
    private const int StatusOffset = 40;

    /// <summary>STA_UNSYNC (linux/timex.h): the program that keeps the clock clears it.</summary>
    private const int Unsynchronised = 0x40;

    /// <summary>CLOCK_BOOTTIME (linux/time.h).</summary>
    private const int BootTime = 7;

    /// <summary>
    /// Time since the boot, suspension included: the clock by which <c>/proc/PID/stat</c> counts. <c>/proc/uptime</c> is not it
    /// in containers, where lxcfs shows the container's own.
    /// </summary>
    public static unsafe TimeSpan SinceBoot()
    {
        Libc.TimeSpec time;
        return Libc.ClockGetTime(BootTime, &time) == 0
            ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick)
            : throw LinuxException.FromErrno("cannot read the clock", Marshal.GetLastPInvokeError());
    }

    /// <summary>Whether a program keeps the clock right; null when the kernel does not say (a sandbox).</summary>
    public static unsafe bool? IsSynchronised()
    {
        var timex = stackalloc byte[TimexLength];
        new Span<byte>(timex, TimexLength).Clear();
        // No mode bits: the call only reads.
        return Libc.Adjtimex(timex) < 0
            ? null
            : (
                BinaryPrimitives.ReadInt32LittleEndian(new ReadOnlySpan<byte>(timex + StatusOffset, sizeof(int)))
                & Unsynchronised
            ) == 0;
    }
}
