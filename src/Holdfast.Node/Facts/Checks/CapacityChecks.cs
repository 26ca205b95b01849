using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts.Checks;

/// <summary>Room for a runtime, its images and a few pods. Pure.</summary>
internal static class CapacityChecks
{
    /// <summary>A runtime, its images and this program need about as much before the first pod of a user.</summary>
    private const long LowDiskBytes = 1L << 30;

    /// <summary>Packages are unpacked and the store is opened with less than this only by luck.</summary>
    private const long NoDiskBytes = 300L << 20;

    /// <summary>containerd, this program and a few small pods.</summary>
    private const long LowMemoryBytes = 256L << 20;

    public static IEnumerable<PreflightFinding> Disk(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (facts.FreeDiskBytes < LowDiskBytes)
        {
            yield return new PreflightFinding(
                FindingId.LowDisk,
                facts.FreeDiskBytes < NoDiskBytes ? PreflightSeverity.Error : PreflightSeverity.Warning,
                $"only {facts.FreeDiskBytes >> 20} MB are free below /var/lib",
                "free at least 1 GB"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Memory(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (facts.MemoryBytes is > 0 and < LowMemoryBytes)
        {
            yield return PreflightFinding.Warning(
                FindingId.LowMemory,
                $"the machine has only {facts.MemoryBytes >> 20} MB of memory",
                "run few and small pods"
            );
        }
    }
}
