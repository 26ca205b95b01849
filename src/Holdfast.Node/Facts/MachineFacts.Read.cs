using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Holdfast.Linux;
using Holdfast.Node.Services;

namespace Holdfast.Node.Facts;

public sealed partial record MachineFacts
{
    private static readonly TimeSpan VersionTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Where each distribution or project puts CNI plugins; the first that has some is used.</summary>
    private static readonly string[] CniDirectories = ["/opt/cni/bin", PackagedCniDirectory, "/usr/libexec/cni"];

    /// <summary>Short process names (15 bytes) of programs that want the node, or its containerd, for themselves.</summary>
    private static readonly string[] AgentNames =
    [
        "kubelet",
        "edgecore",
        "k3s-server",
        "k3s-agent",
        "k3s",
        "rke2",
        "microk8s",
        "yurthub",
        "dockerd",
    ];

    /// <summary>Looks at the machine; takes some tens of milliseconds and changes nothing.</summary>
    public static async Task<MachineFacts> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var cgroups = Linux.Cgroups.Read(machine.FilesRoot);
        var plugins = CniDirectories.FirstOrDefault(directory => machine.Exists($"{directory}/bridge"));
        return new MachineFacts
        {
            HostName = await ReadLineAsync(machine, "/proc/sys/kernel/hostname", cancellationToken) ?? "localhost",
            OperatingSystem = await ReadOperatingSystemAsync(machine, cancellationToken),
            Architecture = RuntimeInformation.OSArchitecture switch
            {
                System.Runtime.InteropServices.Architecture.X64 => "amd64",
                var other => other.ToString().ToLowerInvariant(),
            },
            KernelRelease = await ReadLineAsync(machine, "/proc/sys/kernel/osrelease", cancellationToken) ?? "unknown",
            Cgroups = cgroups.Mode,
            MissingControllers = NeededControllers.Where(name => !cgroups.Controllers.ContainsKey(name)).ToArray(),
            IsSystemd = machine.Services is SystemdServices || ServiceManagers.IsSystemd(machine.FilesRoot),
            CapabilityBounds = Capabilities.Read(machine.FilesRoot).Bounding,
            ActiveSwap = (await Resources.ActiveSwap.ReadAsync(machine, cancellationToken))
                .Select(swap => swap.Device)
                .ToArray(),
            ContainerdVersion = await ReadContainerdVersionAsync(machine, cancellationToken),
            CniPluginDirectory = plugins ?? PackagedCniDirectory,
            HasCniPlugins = plugins is not null,
            OtherCniNetworks = ListEarlierNetworks(machine),
            ProcessorCount = Environment.ProcessorCount,
            MemoryBytes = await ReadMemoryAsync(machine, cancellationToken),
            FreeDiskBytes = ReadFreeDisk(machine),
            IsRoot = Environment.IsPrivilegedProcess,
            HubPortOwner = ListeningPort.FindOwner(machine.FilesRoot, HubPort),
            OtherAgents = ProcessTable
                .ListIds()
                .Select(ProcessTable.NameOf)
                .OfType<string>()
                .Intersect(AgentNames)
                .ToArray(),
            HasApt = machine.Exists("/usr/bin/apt-get"),
        };
    }

    /// <summary>Runtimes take the first file in alphabetical order: one before ours would win.</summary>
    private static IReadOnlyList<string> ListEarlierNetworks(Machine machine)
    {
        var ours = machine.At(Resources.CniNetworkResource.FilePath);
        var directory = Path.GetDirectoryName(ours)!;
        return Directory.Exists(directory)
            ? Directory
                .EnumerateFiles(directory)
                .Where(file => Path.GetExtension(file) is ".conf" or ".conflist" or ".json")
                .Where(file => string.CompareOrdinal(file, ours) < 0)
                .Select(file => Path.GetFileName(file))
                .ToArray()
            : [];
    }

    private static async Task<string?> ReadLineAsync(
        Machine machine,
        string path,
        CancellationToken cancellationToken
    ) => (await machine.ReadTextAsync(path, cancellationToken))?.Split('\n')[0].Trim();

    private static async Task<string> ReadOperatingSystemAsync(Machine machine, CancellationToken cancellationToken)
    {
        const string key = "PRETTY_NAME=";
        var text = await machine.ReadTextAsync("/etc/os-release", cancellationToken) ?? "";
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal));
        return line?[key.Length..].Trim().Trim('"') ?? "Linux";
    }

    private static async Task<string?> ReadContainerdVersionAsync(Machine machine, CancellationToken cancellationToken)
    {
        try
        {
            var result = await machine.RunAsync(
                new ChildCommand("containerd", "--version"),
                VersionTimeout,
                cancellationToken
            );
            var match = VersionPattern().Match(result.StandardOutput);
            return result.Succeeded && match.Success ? match.Value : null;
        }
        catch (LinuxException missing) when (missing.Reason == LinuxReason.NotFound)
        {
            return null;
        }
    }

    private static async Task<long> ReadMemoryAsync(Machine machine, CancellationToken cancellationToken)
    {
        // The first line is "MemTotal:       24689644 kB".
        var line = await ReadLineAsync(machine, "/proc/meminfo", cancellationToken);
        var number = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return long.TryParse(number, CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : 0;
    }

    private static long ReadFreeDisk(Machine machine)
    {
        var directory = machine.At("/var/lib");
        return Directory.Exists(directory) ? new DriveInfo(directory).AvailableFreeSpace : 0;
    }

    /// <summary>Debian's <c>containerd --version</c> says <c>1.6.20~ds1</c>, the project's own <c>v1.7.2</c>.</summary>
    [GeneratedRegex(@"\d+\.\d+\.\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
