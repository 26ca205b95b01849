using System.Buffers.Binary;

namespace Holdfast.Linux;

/// <summary>What the kernel knows of its own clock. Stateless, safe from any thread.</summary>
public static class KernelClock
{
    /// <summary>Bytes: more than <c>struct timex</c> has on any architecture.</summary>
    private const int TimexLength = 256;

    /// <summary>Offset of <c>status</c> on 64-bit machines.</summary>
    private const int StatusOffset = 40;

    /// <summary>STA_UNSYNC (linux/timex.h): whoever keeps the clock clears it.</summary>
    private const int Unsynchronised = 0x40;

    /// <summary>Whether somebody keeps the clock right; null when the kernel does not say (a sandbox).</summary>
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
