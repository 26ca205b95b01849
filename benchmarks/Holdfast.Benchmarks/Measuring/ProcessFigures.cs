using System.Globalization;

namespace Holdfast.Benchmarks.Measuring;

/// <summary>What the kernel says about a process.</summary>
internal static class ProcessFigures
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every architecture .NET runs on

    /// <summary>Anonymous and whole resident memory, in MB of 10^6 bytes.</summary>
    public static Memory ReadMemory(int pid)
    {
        var lines = File.ReadAllLines($"/proc/{pid}/status");
        return new Memory(Kilobytes(lines, "RssAnon:"), Kilobytes(lines, "VmRSS:"));
    }

    /// <summary>Processor time of all threads, ended ones too. The kernel derives the sum from exact run times.</summary>
    public static TimeSpan ReadProcessorTime(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        // The second field, the name, may contain anything but ends at the last parenthesis.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks =
            long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    public static int ReadThreads(int pid) => Directory.GetDirectories($"/proc/{pid}/task").Length;

    private static double Kilobytes(string[] lines, string key)
    {
        var line = lines.First(candidate => candidate.StartsWith(key, StringComparison.Ordinal));
        var number = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        return long.Parse(number, CultureInfo.InvariantCulture) * 1024 / 1e6;
    }
}

/// <summary>Resident memory in MB.</summary>
internal readonly record struct Memory(double Anonymous, double Resident);
