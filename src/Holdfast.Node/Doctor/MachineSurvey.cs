using System.Globalization;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Doctor.Checks;
using Holdfast.Node.Facts;
using Holdfast.Node.Programs;

namespace Holdfast.Node.Doctor;

/// <summary>What the checks look at: the facts of the components, and what only a person wants to know. Safe from any thread.</summary>
public sealed record MachineSurvey
{
    /// <summary>Where runtimes and this program keep what they have.</summary>
    private const string DataDirectory = "/var/lib";

    /// <summary>Without these no runtime can hold a pod to its limits.</summary>
    private static readonly string[] NeededControllers = ["cpu", "memory", "pids"];

    public required MachineFacts Facts { get; init; }

    public string HostName { get; init; } = "localhost";

    public OsRelease System { get; init; } = OsRelease.Unknown;

    public string KernelRelease { get; init; } = "unknown";

    public KernelFacts Kernel { get; init; } = KernelFacts.Unknown;

    public VirtualizationFacts Virtualization { get; init; } = new();

    /// <summary>What this machine is a container of (<c>systemd-nspawn</c>, <c>docker</c>); null when it is none.</summary>
    public string? Container { get; init; }

    /// <summary>Null when it was not looked at.</summary>
    public ClockFacts? Clock { get; init; }

    public NameFacts Names { get; init; } = new();

    public HostNetworkFacts HostNetwork { get; init; } = new();

    /// <summary>Controllers that pods need and this kernel does not have, for example <c>memory</c>.</summary>
    public IReadOnlyList<string> MissingControllers { get; init; } = [];

    /// <summary>Devices and files that are swapped to at the moment.</summary>
    public IReadOnlyList<string> ActiveSwap { get; init; } = [];

    /// <summary>Whether CRI-O is installed where its packages put it.</summary>
    public bool HasCrio { get; init; }

    /// <summary>What lies in <c>/etc/cni/net.d</c>, Holdfast's included, in the order in which runtimes would take it.</summary>
    public IReadOnlyList<CniNetwork> CniNetworks { get; init; } = [];

    /// <summary>Bytes; 0 when it cannot be told.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Bytes free for root below <c>/var/lib</c>; null when it cannot be told.</summary>
    public long? FreeDiskBytes { get; init; }

    /// <summary>Files that can still be made below <c>/var/lib</c>; null where the file system sets no limit.</summary>
    public long? FreeInodes { get; init; }

    /// <summary>Type of the file system that <c>/var/lib</c> is in, for example <c>ext4</c>; null when it cannot be told.</summary>
    public string? FileSystem { get; init; }

    public bool IsRoot { get; init; }

    /// <summary>The programs that listen on those of <see cref="Checks.PortChecks.Interesting"/> that are taken.</summary>
    public IReadOnlyDictionary<int, string> PortOwners { get; init; } = new Dictionary<int, string>();

    /// <summary>Other node agents and engines that run here: <c>kubelet</c>, <c>edgecore</c>, <c>k3s</c>, <c>dockerd</c>...</summary>
    public IReadOnlyList<string> OtherAgents { get; init; } = [];

    /// <summary>Those that do not run now but whose service starts at boot.</summary>
    public IReadOnlyList<string> AgentsAtBoot { get; init; } = [];

    /// <summary>Services of such programs that run only because Holdfast made this machine join: undo stops them.</summary>
    public IReadOnlyList<string> StartedAgents { get; init; } = [];

    /// <summary>What could not be read beside <see cref="MachineFacts.Unread"/>: checks rest on its default.</summary>
    public IReadOnlyList<UnreadFact> Unread { get; init; } = [];

    /// <summary>Looks at the machine, facts included; changes nothing. What cannot be read is in <see cref="Unread"/>.</summary>
    /// <param name="spec">What only some documents need is looked at when this one does.</param>
    public static async Task<MachineSurvey> ReadAsync(
        Machine machine,
        EdgeNodeSpec spec,
        CancellationToken cancellationToken
    )
    {
        // What takes longest comes first.
        var reader = new FactReader(machine, cancellationToken);
        var facts = Task.Run(() => MachineFacts.ReadAsync(machine, cancellationToken), cancellationToken);
        var virtualization = reader.ReadAsync(
            "the processor",
            new(),
            here => VirtualizationFacts.Read(here, MachineFacts.OwnArchitecture, spec.HasVirtualMachines)
        );
        var ports = reader.ReadAsync(
            "ports",
            new Dictionary<int, string>(),
            here => ListeningPorts.FindOwners(here.FilesRoot, PortChecks.Interesting)
        );
        var release = await reader.ReadAsync("the kernel's release", null, LineOf("/proc/sys/kernel/osrelease"));
        var kernel = reader.ReadAsync(
            "the kernel's configuration",
            KernelFacts.Unknown,
            (here, token) => KernelFacts.ReadAsync(here, release ?? "unknown", token)
        );
        var processes = await reader.ReadAsync("processes", [], _ => ListProcesses());
        var space = await reader.ReadAsync(
            "room on the disk",
            null,
            here => FileSystemSpace.Read(here.At(DataDirectory))
        );
        var survey = new MachineSurvey
        {
            Facts = await facts,
            HostName =
                await reader.ReadAsync("the host's name", null, LineOf("/proc/sys/kernel/hostname")) ?? "localhost",
            System = await reader.ReadAsync("the distribution", OsRelease.Unknown, OsRelease.ReadAsync),
            KernelRelease = release ?? "unknown",
            Kernel = await kernel,
            Virtualization = await virtualization,
            Container = await reader.ReadAsync("whether this is a container", null, ReadContainerAsync),
            Clock = ClockFacts.Read(machine, processes),
            Names = await reader.ReadAsync("names", new(), NameFacts.ReadAsync),
            HostNetwork = await reader.ReadAsync("the host's networks", new(), HostNetworkFacts.ReadAsync),
            MissingControllers = await reader.ReadAsync("cgroup controllers", [], ListMissingControllers),
            ActiveSwap = await reader.ReadAsync("swap", [], ReadSwapAsync),
            HasCrio = ProgramPath.Find(machine, "crio") is not null,
            CniNetworks = await reader.ReadAsync("pod networks", [], CniNetwork.ListAsync),
            MemoryBytes = await reader.ReadAsync("memory", 0, ReadMemoryAsync),
            FreeDiskBytes = space?.FreeBytes,
            FreeInodes = space is { Inodes: > 0 } ? space.FreeInodes : null,
            FileSystem = await reader.ReadAsync("the file system of /var/lib", null, ReadFileSystem),
            IsRoot = Environment.IsPrivilegedProcess,
            PortOwners = await ports,
            OtherAgents = NodeAgents.AmongProcesses(processes),
            AgentsAtBoot = (await facts).IsSystemd
                ? await reader.ReadAsync("services at boot", [], here => NodeAgents.ListAtBoot(here, processes))
                : [],
            StartedAgents = await reader.ReadAsync(
                "agents that Holdfast started",
                [],
                AgentsStartedByHoldfast.ReadAsync
            ),
        };
        return survey with { Unread = reader.Unread };
    }

    private static HashSet<string> ListProcesses() =>
        [.. ProcessTable.ListIds().Where(ProcessTable.IsOfThisMachine).Select(ProcessTable.NameOf).OfType<string>()];

    private static IReadOnlyList<string> ListMissingControllers(Machine machine) =>
        [.. NeededControllers.Except(Cgroups.Read(machine.FilesRoot).Controllers)];

    private static async Task<IReadOnlyList<string>> ReadSwapAsync(
        Machine machine,
        CancellationToken cancellationToken
    ) => [.. (await Changes.Kernel.ActiveSwap.ReadAsync(machine, cancellationToken)).Select(swap => swap.Device)];

    private static async Task<string?> ReadContainerAsync(Machine machine, CancellationToken cancellationToken)
    {
        // Written by systemd (container managers tell it), Docker and Podman.
        var told = await LineOf("/run/systemd/container")(machine, cancellationToken);
        return told is { Length: > 0 } ? told
            : machine.Exists("/.dockerenv") && !HasDiskAsRoot(machine) ? "docker"
            : machine.Exists("/run/.containerenv") ? "podman"
            : null;
    }

    /// <summary>A virtual machine whose disk was made from a container's files has their marks and is none.</summary>
    private static bool HasDiskAsRoot(Machine machine) =>
        MountTable.Read(machine.FilesRoot).Find("/") is { } root
        && root.Source.StartsWith("/dev/", StringComparison.Ordinal);

    private static string? ReadFileSystem(Machine machine) =>
        MountTable
            .Read(machine.FilesRoot)
            .Mounts.Where(mount =>
                mount.Target == "/" || $"{DataDirectory}/".StartsWith($"{mount.Target}/", StringComparison.Ordinal)
            )
            .MaxBy(mount => mount.Target.Length)
            ?.Type;

    private static async Task<long> ReadMemoryAsync(Machine machine, CancellationToken cancellationToken)
    {
        // The first line is "MemTotal:       24689644 kB".
        var line = await LineOf("/proc/meminfo")(machine, cancellationToken);
        var number = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return
            long.TryParse(number, CultureInfo.InvariantCulture, out var kilobytes)
            && kilobytes is >= 0 and < long.MaxValue / 1024
            ? kilobytes * 1024
            : 0;
    }

    /// <summary>Reads the first line of a file; null when there is none.</summary>
    private static Func<Machine, CancellationToken, Task<string?>> LineOf(string path) =>
        async (machine, token) => (await machine.ReadTextAsync(path, token))?.Split('\n')[0].Trim();
}
