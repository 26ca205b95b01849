using System.Globalization;
using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>
/// A process that cannot be mistaken for another one that got its number later: start time and boot are part of it.
/// </summary>
/// <param name="StartTicks">Hundredths of a second between the boot and the start of the process (field 22 of stat).</param>
/// <param name="BootId">The kernel's random name of this boot.</param>
public sealed record ProcessIdentity(int ProcessId, long StartTicks, string BootId);

/// <summary>What the kernel knows of processes. Safe from any thread.</summary>
public static class ProcessTable
{
    public const int SigTerm = 15;
    public const int SigKill = 9;

    // The same numbers on x86-64 and arm64.
    private const long PidfdSendSignal = 424;
    private const long PidfdOpen = 434;

    private const int TicksPerSecond = 100;
    private static readonly TimeSpan ExitPollInterval = TimeSpan.FromMilliseconds(20);

    private static readonly Lazy<string> BootId = new(() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>The process with this number; null when there is none, or only a zombie that was not yet waited for.</summary>
    public static ProcessIdentity? Identify(int processId)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{processId}/stat");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The name in brackets may itself hold spaces and brackets; after the last bracket comes field 3, the state.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        // A killed process is a zombie as soon as its first thread has ended; it is gone, and has let go of its locks and
        // sockets, only when the last one has.
        var threads = int.Parse(fields[17], CultureInfo.InvariantCulture);
        return fields[0] is "Z" or "X" && threads <= 1
            ? null
            : new ProcessIdentity(processId, long.Parse(fields[19], CultureInfo.InvariantCulture), BootId.Value);
    }

    public static bool IsAlive(ProcessIdentity process) => Identify(process.ProcessId) == process;

    /// <summary>When the process was started, by the clock as it goes now; accurate to some 20 ms.</summary>
    public static DateTimeOffset StartedAt(ProcessIdentity process, TimeProvider time)
    {
        var age = KernelClock.SinceBoot() - TimeSpan.FromSeconds((double)process.StartTicks / TicksPerSecond);
        return time.GetUtcNow() - age;
    }

    /// <summary>Ids of all processes at this moment.</summary>
    public static IEnumerable<int> ListIds() =>
        Directory
            .EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory.AsSpan()), out var id) ? id : 0)
            .Where(id => id > 0);

    /// <summary>
    /// Whether the process counts its processes as this one does: those of containers have numbers of their own. True where
    /// that cannot be seen.
    /// </summary>
    public static bool IsOfThisMachine(int processId) =>
        PidNamespaceOf($"{processId}") is not { } other || other == PidNamespaceOf("self");

    private static string? PidNamespaceOf(string process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/pid").LinkTarget;
        }
        catch (Exception unseen) when (unseen is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The program's short name (15 bytes at most); null when the process is gone.</summary>
    public static string? NameOf(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/comm").TrimEnd('\n');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The program and its arguments; empty when the process is gone, and for a thread of the kernel.</summary>
    public static IReadOnlyList<string> ArgumentsOf(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/cmdline").TrimEnd('\0').Split('\0');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Sends a signal to exactly this process; false when it is gone.</summary>
    public static bool Signal(ProcessIdentity process, int signal)
    {
        using var descriptor = OpenPidfd(process);
        return descriptor is not null
            && Libc.Syscall(PidfdSendSignal, descriptor.DangerousGetHandle(), signal, 0, 0) == 0;
    }

    /// <summary>Waits until the process is gone.</summary>
    /// <returns>False when it still runs after <paramref name="timeout"/>.</returns>
    public static async Task<bool> WaitForExitAsync(
        ProcessIdentity process,
        TimeSpan timeout,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var start = time.GetTimestamp();
        while (IsAlive(process))
        {
            if (time.GetElapsedTime(start) > timeout)
            {
                return false;
            }

            await Task.Delay(ExitPollInterval, time, cancellationToken);
        }

        return true;
    }

    /// <summary>A descriptor that stays with this process and becomes readable when it ends; null when it is gone.</summary>
    internal static Microsoft.Win32.SafeHandles.SafeFileHandle? OpenPidfd(ProcessIdentity process)
    {
        var descriptor = Libc.Syscall(PidfdOpen, process.ProcessId, 0);
        if (descriptor < 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            return errno is Errno.NoProcess or Errno.Invalid
                ? null
                : throw LinuxException.FromErrno($"cannot hold on to process {process.ProcessId}", errno);
        }

        // Checked after opening: from here on the number cannot be given to another process without our noticing.
        var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle((nint)descriptor, ownsHandle: true);
        if (IsAlive(process))
        {
            return handle;
        }

        handle.Dispose();
        return null;
    }
}
