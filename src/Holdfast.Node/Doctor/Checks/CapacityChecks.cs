using Holdfast.Document;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Room for a runtime, its images and a few pods.</summary>
internal static class CapacityChecks
{
    /// <summary>A runtime, its images and this program need about as much before the first pod of a user.</summary>
    private const long LowDiskBytes = 1L << 30;

    /// <summary>Packages are unpacked and the store is opened with less than this only by luck.</summary>
    private const long NoDiskBytes = 300L << 20;

    /// <summary>A few images of a distribution's size have about as many files.</summary>
    private const long LowInodes = 50_000;

    /// <summary>One small image and a runtime.</summary>
    private const long NoInodes = 2_000;

    /// <summary>containerd, this program and a few small pods.</summary>
    private const long LowMemoryBytes = 256L << 20;

    public static PreflightFinding? Disk(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.FreeDiskBytes is { } free and < LowDiskBytes
            ? new PreflightFinding(
                free < NoDiskBytes ? PreflightSeverity.Error : PreflightSeverity.Warning,
                $"only {free >> 20} MB are free below /var/lib",
                "free at least 1 GB"
            )
            : null;

    /// <summary>Each small file of an image's layers takes one.</summary>
    public static PreflightFinding? Inodes(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.FreeInodes is { } free and < LowInodes
            ? new PreflightFinding(
                free < NoInodes ? PreflightSeverity.Error : PreflightSeverity.Warning,
                $"only {free} more files can be made below /var/lib: the file system runs out of inodes",
                "remove directories with many small files, or move /var/lib to a file system with more inodes (df -i)"
            )
            : null;

    /// <summary>overlayfs needs a place for its upper layers that is not itself one, nor a network's or a DOS disk's.</summary>
    public static PreflightFinding? FileSystem(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.FileSystem is "overlay" or "nfs" or "nfs4" or "cifs" or "vfat" or "exfat" or "9p" or "virtiofs"
        && spec.Runtimes.Any(runtime => runtime.Snapshotter is null or "overlayfs")
            ? Warning(
                $"/var/lib is on {survey.FileSystem}, where overlayfs cannot unpack images",
                "put the runtime's rootDirectory on ext4, xfs or btrfs, or use another snapshotter (native)"
            )
            : null;

    public static PreflightFinding? Memory(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.MemoryBytes is > 0 and < LowMemoryBytes
            ? Warning($"the machine has only {survey.MemoryBytes >> 20} MB of memory", "run few and small pods")
            : null;
}
