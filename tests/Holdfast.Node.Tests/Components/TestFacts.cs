using Holdfast.Linux;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Tests.Components;

/// <summary>Facts of an ordinary machine, for tests that change one of them. Stateless.</summary>
internal static class TestFacts
{
    public static MachineFacts Create() =>
        new()
        {
            HostName = "edge-1",
            OperatingSystem = "Debian GNU/Linux 12 (bookworm)",
            Architecture = "amd64",
            KernelRelease = "6.1.0",
            Cgroups = CgroupMode.V2,
            IsSystemd = true,
            CapabilityBounds = ulong.MaxValue,
            CniPluginDirectory = MachineFacts.PackagedCniDirectory,
            HasCniPlugins = true,
            ProcessorCount = 2,
            MemoryBytes = 4L << 30,
            FreeDiskBytes = 20L << 30,
            IsRoot = true,
            HasApt = true,
        };
}
