using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Doctor.Checks;
using Holdfast.Node.Programs;
using Holdfast.Node.Resources;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Services;
using Holdfast.Node.Software;

namespace Holdfast.Node.Facts;

public sealed partial record MachineFacts
{
    /// <summary>Where runtimes and this program keep what they have.</summary>
    private const string DataDirectory = "/var/lib";

    /// <summary>Where each distribution or project puts CNI plugins; the first that has some is used.</summary>
    private static readonly string[] CniDirectories = ["/opt/cni/bin", PackagedCniDirectory, "/usr/libexec/cni"];

    private static readonly string[] DecompressorNames = ["xz", "zstd"];

    private static readonly string[] ProgramDirectories = ["/usr/bin", "/bin", "/usr/local/bin"];

    /// <summary>As Kubernetes names it.</summary>
    public static string OwnArchitecture =>
        RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "amd64",
            var other => other.ToString().ToLowerInvariant(),
        };

    /// <summary>Looks at the machine; takes some tens of milliseconds and changes nothing.</summary>
    public static Task<MachineFacts> ReadAsync(Machine machine, CancellationToken cancellationToken) =>
        ReadAsync(machine, spec: null, cancellationToken);

    /// <param name="spec">What only some documents want to know is looked at when this one does.</param>
    public static async Task<MachineFacts> ReadAsync(
        Machine machine,
        EdgeNodeSpec? spec,
        CancellationToken cancellationToken
    )
    {
        // Programs first: they run while this process reads files. Starting one takes a thread some milliseconds.
        var containerd = Task.Run(() => ReadContainerdVersionAsync(machine, cancellationToken), cancellationToken);
        var pluginDirectory = CniDirectories.FirstOrDefault(directory => machine.Exists($"{directory}/bridge"));
        var plugins = Task.Run(
            () => CniPlugin.AskAllAsync(machine, pluginDirectory ?? PackagedCniDirectory, cancellationToken),
            cancellationToken
        );
        var architecture = OwnArchitecture;
        var askKvm = spec is not null && VirtualMachines.AreWanted(spec);
        var virtualization = Task.Run(() => VirtualizationFacts.Read(machine, architecture, askKvm), cancellationToken);
        var ports = Task.Run(
            () => ListeningPorts.FindOwners(machine.FilesRoot, PortChecks.Interesting),
            cancellationToken
        );
        var release = await ReadLineAsync(machine, "/proc/sys/kernel/osrelease", cancellationToken) ?? "unknown";
        var kernel = Task.Run(() => KernelFacts.ReadAsync(machine, release, cancellationToken), cancellationToken);
        var cgroups = Linux.Cgroups.Read(machine.FilesRoot);
        var processes = ProcessTable
            .ListIds()
            .Where(ProcessTable.IsOfThisMachine)
            .Select(ProcessTable.NameOf)
            .OfType<string>()
            .ToHashSet();
        var isSystemd = machine.Services is SystemdServices || ServiceManagers.IsSystemd(machine.FilesRoot);
        var system = await ReadOperatingSystemAsync(machine, cancellationToken);
        var swaps = (await Resources.ActiveSwap.ReadAsync(machine, cancellationToken)).Select(s => s.Device).ToArray();
        var containerdArchive = await SoftwareManifest.ReadAsync(machine.Paths, "containerd", cancellationToken);
        var space = FileSystemSpace.Read(machine.At(DataDirectory));
        return new MachineFacts
        {
            HostName = await ReadLineAsync(machine, "/proc/sys/kernel/hostname", cancellationToken) ?? "localhost",
            OperatingSystem = system.GetValueOrDefault("PRETTY_NAME") ?? "Linux",
            Release = ReleaseOf(system),
            Distributions = $"{system.GetValueOrDefault("ID")} {system.GetValueOrDefault("ID_LIKE")}".Split(
                ' ',
                StringSplitOptions.RemoveEmptyEntries
            ),
            Architecture = architecture,
            KernelRelease = release,
            Container = await ReadContainerAsync(machine, cancellationToken),
            Cgroups = cgroups.Mode,
            MissingControllers = NeededControllers.Where(name => !cgroups.Controllers.Contains(name)).ToArray(),
            IsSystemd = isSystemd,
            CapabilityBounds = Capabilities.ReadBounding(machine.FilesRoot) ?? Capabilities.All,
            ActiveSwap = swaps,
            SwapUnits = isSystemd ? SwapStarters.List(machine, swaps) : [],
            Clock = ClockFacts.Read(machine, processes),
            Names = await NameFacts.ReadAsync(machine, cancellationToken),
            SysctlFiles = await SysctlFiles.ReadAsync(machine, cancellationToken),
            HostNetwork = await HostNetworkFacts.ReadAsync(machine, cancellationToken),
            CniPluginDirectory = pluginDirectory ?? PackagedCniDirectory,
            HasCniPlugins = pluginDirectory is not null,
            CniNetworks = await CniNetwork.ListAsync(machine, cancellationToken),
            ContainerdProgram = FindProgram(machine, "containerd"),
            RuncProgram = FindProgram(machine, "runc", containerdArchive),
            HasIptables = FindProgram(machine, "iptables") is not null,
            HasCrio = FindProgram(machine, "crio") is not null,
            HasSkopeo = FindProgram(machine, "skopeo") is not null,
            ProcessorCount = Environment.ProcessorCount,
            MemoryBytes = await ReadMemoryAsync(machine, cancellationToken),
            FreeDiskBytes = space?.FreeBytes ?? 0,
            FreeInodes = space is { Inodes: > 0 } ? space.FreeInodes : null,
            FileSystem = ReadFileSystem(machine),
            IsRoot = Environment.IsPrivilegedProcess,
            OtherAgents = NodeAgents.AmongProcesses(processes),
            AgentsAtBoot = isSystemd ? ListAgentsAtBoot(machine, processes) : [],
            BroughtAgents = await Facts.BroughtAgents.ReadAsync(machine, cancellationToken),
            HasApt = machine.Exists("/usr/bin/apt-get"),
            Kernel = await kernel,
            Virtualization = await virtualization,
            PortOwners = await ports,
            ContainerdVersion = (await containerd).Version,
            ContainerdProblem = (await containerd).Problem,
            CniPlugins = await plugins,
            Decompressors = DecompressorNames
                .Where(name => ProgramDirectories.Any(directory => machine.Exists($"{directory}/{name}")))
                .ToArray(),
        };
    }

    private static async Task<string?> ReadContainerAsync(Machine machine, CancellationToken cancellationToken)
    {
        // Written by systemd (container managers tell it), Docker and Podman.
        var told = await ReadLineAsync(machine, "/run/systemd/container", cancellationToken);
        return told is { Length: > 0 } ? told
            : machine.Exists("/.dockerenv") && !HasDiskAsRoot(machine) ? "docker"
            : machine.Exists("/run/.containerenv") ? "podman"
            : null;
    }

    /// <summary>A virtual machine whose disk was made from a container's files has their marks and is none.</summary>
    private static bool HasDiskAsRoot(Machine machine) =>
        MountTable.Read(machine.FilesRoot).Find("/") is { } root
        && root.Source.StartsWith("/dev/", StringComparison.Ordinal);

    internal static string[] ListAgentsAtBoot(Machine machine, IReadOnlySet<string> processes) =>
        [
            .. NodeAgents.Services.Where(service =>
                !NodeAgents.Runs(service, processes)
                && new FileInfo(machine.At($"/etc/systemd/system/multi-user.target.wants/{service}.service")).LinkTarget
                    is not null
                && new FileInfo(machine.At($"/etc/systemd/system/{service}.service")).LinkTarget != "/dev/null"
            ),
        ];

    private static string? ReadFileSystem(Machine machine) =>
        MountTable
            .Read(machine.FilesRoot)
            .Mounts.Where(mount =>
                mount.Target == "/" || $"{DataDirectory}/".StartsWith($"{mount.Target}/", StringComparison.Ordinal)
            )
            .MaxBy(mount => mount.Target.Length)
            ?.Type;

    /// <summary>As a service finds it: systemd's own PATH.</summary>
    /// <param name="without">Software whose files do not count.</param>
    private static string? FindProgram(Machine machine, string name, SoftwareManifest? without = null) =>
        new[] { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin" }
            .Select(directory => $"{directory}/{name}")
            .Where(path => without?.Entries.Any(entry => entry.Path == path) != true)
            .FirstOrDefault(machine.Exists);

    private static async Task<string?> ReadLineAsync(
        Machine machine,
        string path,
        CancellationToken cancellationToken
    ) => (await machine.ReadTextAsync(path, cancellationToken))?.Split('\n')[0].Trim();

    /// <summary>See <see cref="Release"/>.</summary>
    public static async Task<string> ReadReleaseAsync(Machine machine, CancellationToken cancellationToken) =>
        ReleaseOf(await ReadOperatingSystemAsync(machine, cancellationToken));

    /// <summary>Releases in the making (Debian's testing) have no VERSION_ID.</summary>
    private static string ReleaseOf(Dictionary<string, string> system) =>
        $"{system.GetValueOrDefault("ID", "linux")} {system.GetValueOrDefault("VERSION_ID", "without a number")}";

    /// <summary>Lines are <c>KEY=value</c> or <c>KEY="value"</c> (os-release(5)).</summary>
    private static async Task<Dictionary<string, string>> ReadOperatingSystemAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var text = await machine.ReadTextAsync("/etc/os-release", cancellationToken) ?? "";
        var values = new Dictionary<string, string>();
        foreach (var line in text.Split('\n').Where(line => line.Contains('=', StringComparison.Ordinal)))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            values[line[..equals]] = line[(equals + 1)..].Trim().Trim('"');
        }

        return values;
    }

    /// <summary>One that cannot run (of another architecture, without its libraries, on a slow card) is a finding, no failure.</summary>
    private static async Task<(string? Version, string? Problem)> ReadContainerdVersionAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var answer = await AskablePrograms.ContainerdVersion.AskAsync(machine, cancellationToken);
        if (!answer.IsAnswered)
        {
            return (null, answer.Outcome == ProgramOutcome.Missing ? null : answer.Problem);
        }
        var match = VersionPattern().Match(answer.Output);
        return match.Success
            ? (match.Value, null)
            : (null, $"\"{AskablePrograms.ContainerdVersion}\" prints no version");
    }

    private static async Task<long> ReadMemoryAsync(Machine machine, CancellationToken cancellationToken)
    {
        // The first line is "MemTotal:       24689644 kB".
        var line = await ReadLineAsync(machine, "/proc/meminfo", cancellationToken);
        var number = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return long.TryParse(number, CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : 0;
    }

    /// <summary>Debian's <c>containerd --version</c> says <c>1.6.20~ds1</c>, the project's own <c>v1.7.2</c>.</summary>
    [GeneratedRegex(@"\d+\.\d+\.\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
