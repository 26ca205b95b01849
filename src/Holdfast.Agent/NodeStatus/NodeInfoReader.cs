using System.Runtime.InteropServices;
using Holdfast.Kube;

namespace Holdfast.Agent.NodeStatus;

/// <summary>Reads what a Node says of its machine and system. Stateless; what cannot be read stays empty.</summary>
internal static class NodeInfoReader
{
    /// <summary>The Kubernetes API that is spoken, then who speaks it; tools compare the first part.</summary>
    public const string KubeletVersion = "v1.32.0+holdfast";

    public static string Architecture { get; } =
        RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "amd64",
            System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
            var other => other.ToString().ToLowerInvariant(),
        };

    public static NodeSystemInfo Read(string runtimeVersion) =>
        new()
        {
            MachineID = ReadLine("/etc/machine-id"),
            SystemUUID = ReadLine("/sys/class/dmi/id/product_uuid"),
            BootID = ReadLine("/proc/sys/kernel/random/boot_id"),
            KernelVersion = ReadLine("/proc/sys/kernel/osrelease"),
            OSImage = ReadOsImage(),
            ContainerRuntimeVersion = runtimeVersion,
            KubeletVersion = KubeletVersion,
            OperatingSystem = "linux",
            Architecture = Architecture,
        };

    private static string ReadOsImage()
    {
        const string key = "PRETTY_NAME=";
        try
        {
            var line = File.ReadLines("/etc/os-release")
                .FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
            return line is null ? "" : line[key.Length..].Trim('"');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
