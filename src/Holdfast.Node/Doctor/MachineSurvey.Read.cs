using System.Globalization;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Doctor.Checks;
using Holdfast.Node.Facts;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Doctor;

public sealed partial record MachineSurvey
{
    /// <summary>Where runtimes and this program keep what they have.</summary>
    private const string DataDirectory = "/var/lib";

    /// <summary>Without these no runtime can hold a pod to its limits.</summary>
    private static readonly string[] NeededControllers = ["cpu", "memory", "pids"];

    /// <summary>Looks at the machine, facts included; changes nothing. What cannot be read is in <see cref="Unread"/>.</summary>
    /// <param name="spec">What only some documents need is looked at when this one does.</param>
    public static async Task<MachineSurvey> ReadAsync(
        Machine machine,
        EdgeNodeSpec spec,
        CancellationToken cancellationToken
    )
    {
        var reader = new FactReader();
        var facts = Task.Run(() => MachineFacts.ReadAsync(machine, cancellationToken), cancellationToken);
        var virtualization = Task.Run(
            () => reader.Read("the processor", new(), () => ReadVirtualization(machine, spec)),
            cancellationToken
        );
        var ports = Task.Run(
            () =>
                reader.Read<IReadOnlyDictionary<int, string>>(
                    "ports",
                    new Dictionary<int, string>(),
                    () => ReadPorts(machine)
                ),
            cancellationToken
        );
        var release = await reader.ReadAsync(
            "the kernel's release",
            null,
            () => ReadLineAsync(machine, "/proc/sys/kernel/osrelease", cancellationToken)
        );
        var kernel = Task.Run(
            () =>
                reader.ReadAsync(
                    "the kernel's configuration",
                    KernelFacts.Unknown,
                    () => KernelFacts.ReadAsync(machine, release ?? "unknown", cancellationToken)
                ),
            cancellationToken
        );
        var survey = await ReadFilesAsync(machine, reader, await facts, cancellationToken);
        return survey with
        {
            KernelRelease = release ?? "unknown",
            Kernel = await kernel,
            Virtualization = await virtualization,
            PortOwners = await ports,
            Unread = reader.Unread,
        };
    }

    private static async Task<MachineSurvey> ReadFilesAsync(
        Machine machine,
        FactReader reader,
        MachineFacts facts,
        CancellationToken cancellationToken
    )
    {
        var processes = reader.Read<HashSet<string>>("processes", [], ListProcesses);
        var space = reader.Read("room on the disk", null, () => FileSystemSpace.Read(machine.At(DataDirectory)));
        return new MachineSurvey
        {
            Facts = facts,
            HostName =
                await reader.ReadAsync(
                    "the host's name",
                    null,
                    () => ReadLineAsync(machine, "/proc/sys/kernel/hostname", cancellationToken)
                ) ?? "localhost",
            System = await reader.ReadAsync(
                "the distribution",
                OsRelease.Unknown,
                () => OsRelease.ReadAsync(machine, cancellationToken)
            ),
            Container = await reader.ReadAsync(
                "whether this is a container",
                null,
                () => ReadContainerAsync(machine, cancellationToken)
            ),
            Clock = ClockFacts.Read(machine, processes),
            Names = await reader.ReadAsync("names", new(), () => NameFacts.ReadAsync(machine, cancellationToken)),
            HostNetwork = await reader.ReadAsync(
                "the host's networks",
                new(),
                () => HostNetworkFacts.ReadAsync(machine, cancellationToken)
            ),
            MissingControllers = reader.Read("cgroup controllers", [], () => ListMissingControllers(machine)),
            ActiveSwap = await reader.ReadAsync("swap", [], () => ReadSwapAsync(machine, cancellationToken)),
            HasCrio = ProgramPath.Find(machine, "crio") is not null,
            CniNetworks = await reader.ReadAsync(
                "pod networks",
                [],
                () => CniNetwork.ListAsync(machine, cancellationToken)
            ),
            ProcessorCount = Environment.ProcessorCount,
            MemoryBytes = await reader.ReadAsync("memory", 0, () => ReadMemoryAsync(machine, cancellationToken)),
            FreeDiskBytes = space?.FreeBytes,
            FreeInodes = space is { Inodes: > 0 } ? space.FreeInodes : null,
            FileSystem = reader.Read("the file system of /var/lib", null, () => ReadFileSystem(machine)),
            IsRoot = Environment.IsPrivilegedProcess,
            OtherAgents = NodeAgents.AmongProcesses(processes),
            AgentsAtBoot = facts.IsSystemd
                ? reader.Read("services at boot", [], () => ListAgentsAtBoot(machine, processes))
                : [],
            StartedAgents = await reader.ReadAsync(
                "agents that Holdfast started",
                [],
                () => AgentsStartedByHoldfast.ReadAsync(machine, cancellationToken)
            ),
        };
    }

    private static VirtualizationFacts ReadVirtualization(Machine machine, EdgeNodeSpec spec) =>
        VirtualizationFacts.Read(machine, MachineFacts.OwnArchitecture, askKernel: VirtualMachines.AreWanted(spec));

    private static IReadOnlyDictionary<int, string> ReadPorts(Machine machine) =>
        ListeningPorts.FindOwners(machine.FilesRoot, PortChecks.Interesting);

    private static HashSet<string> ListProcesses() =>
        [.. ProcessTable.ListIds().Where(ProcessTable.IsOfThisMachine).Select(ProcessTable.NameOf).OfType<string>()];

    private static IReadOnlyList<string> ListMissingControllers(Machine machine)
    {
        var present = Cgroups.Read(machine.FilesRoot).Controllers;
        return [.. NeededControllers.Where(name => !present.Contains(name))];
    }

    private static async Task<IReadOnlyList<string>> ReadSwapAsync(
        Machine machine,
        CancellationToken cancellationToken
    ) => [.. (await Changes.Kernel.ActiveSwap.ReadAsync(machine, cancellationToken)).Select(swap => swap.Device)];

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

    internal static IReadOnlyList<string> ListAgentsAtBoot(Machine machine, IReadOnlySet<string> processes) =>
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

    private static async Task<string?> ReadLineAsync(
        Machine machine,
        string path,
        CancellationToken cancellationToken
    ) => (await machine.ReadTextAsync(path, cancellationToken))?.Split('\n')[0].Trim();

    private static async Task<long> ReadMemoryAsync(Machine machine, CancellationToken cancellationToken)
    {
        // The first line is "MemTotal:       24689644 kB".
        var line = await ReadLineAsync(machine, "/proc/meminfo", cancellationToken);
        var number = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return
            long.TryParse(number, CultureInfo.InvariantCulture, out var kilobytes)
            && kilobytes is >= 0 and < long.MaxValue / 1024
            ? kilobytes * 1024
            : 0;
    }
}
