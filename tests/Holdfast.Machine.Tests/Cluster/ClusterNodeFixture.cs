using System.Text;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Apply;
using Holdfast.Node.Components;
using Holdfast.Node.Facts;
using Holdfast.Node.Plan;
using Holdfast.Node.Services;
using Holdfast.Node.Spec;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Cluster;

/// <summary>A machine in a directory of its own with stand-ins of the clusters' programs, and services in memory.</summary>
internal sealed class ClusterNodeFixture : IDisposable
{
    private static readonly string[] StandIns = ["kubeadm", "yurtadm", "keadm", "kubelet", "edgecore"];
    private readonly TemporaryDirectory top = new();

    public ClusterNodeFixture()
    {
        Directory.CreateDirectory(top["files/etc/systemd/system"]);
        Directory.CreateDirectory(top["files/var/lib"]);
        Directory.CreateDirectory(top["files/usr/bin"]);
        Directory.CreateDirectory(top["files/usr/local/bin"]);
        Programs = new ClusterPrograms(top["programs"], top["files"]);
        Machine = new global::Holdfast.Node.Machine(
            new NodePaths(top["node"]),
            top["files"],
            Services,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            (command, timeout, cancellationToken) =>
                ChildProcess.RunAsync(
                    StandIns.Contains(command.FileName)
                        ? command with
                        {
                            FileName = Programs.PathOf(command.FileName),
                        }
                        : command,
                    timeout,
                    cancellationToken
                )
        );
    }

    public ClusterPrograms Programs { get; }

    public ListedServices Services { get; } = new();

    public global::Holdfast.Node.Machine Machine { get; }

    /// <summary>Everything that a person could have seen: plan, diffs, progress, notes.</summary>
    public StringBuilder Told { get; } = new();

    public string Journal => File.ReadAllText(Path.Join(Machine.Paths.ChangesDirectory, "journal.jsonl"));

    public void Dispose()
    {
        foreach (var mount in MountTable.Read().Below(top.Path).ToArray())
        {
            MountTable.Unmount(mount.Target, detach: true);
        }
        top.Dispose();
    }

    public void Write(string path, string content, UnixFileMode? mode = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Machine.At(path))!);
        File.WriteAllText(Machine.At(path), content);
        if (mode is { } wanted)
        {
            File.SetUnixFileMode(Machine.At(path), wanted);
        }
    }

    public string Read(string path) => File.ReadAllText(Machine.At(path));

    public bool Exists(string path) => Machine.Exists(path);

    /// <summary>A file outside of the machine, for tokens.</summary>
    public string Secret(string text)
    {
        Write("/etc/token", text + "\n", AtomicFile.SecretMode);
        return "/etc/token";
    }

    public async Task<NodePlan> PlanAsync(string cluster)
    {
        var document =
            $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: {{ name: edge-1, labels: {{ site: \"7\" }} }}\n"
            + $"spec:\n  runtimes: [{{ name: containerd, cgroupDriver: cgroupfs }}]\n  cluster: {cluster}\n";
        var result = NodeDocument.Parse(document, "node.yaml", "edge-1");
        Assert.Empty(result.Errors);
        var plan = await new Planner([new ClusterComponent()]).PlanAsync(
            result.Spec!,
            Facts,
            Machine,
            CancellationToken.None
        );
        foreach (var step in plan.Steps)
        {
            Told.AppendLine($"{step.Id} {step.Title} {step.Why} {step.Inspection}");
        }
        return plan;
    }

    public async Task<ApplyResult> UpAsync(string cluster)
    {
        var plan = await PlanAsync(cluster);
        using var journal = await OpenAsync();
        return await new Applier().ApplyAsync(plan, Machine, journal, new Listener(Told), CancellationToken.None);
    }

    public async Task<UndoResult> UndoAsync()
    {
        using var journal = await OpenAsync();
        return await new Undoer().UndoAllAsync(Machine, journal, new Listener(Told), CancellationToken.None);
    }

    /// <summary>Every file, directory and link of the machine with mode and content.</summary>
    public string Snapshot()
    {
        var text = new StringBuilder();
        foreach (
            var path in Directory
                .EnumerateFileSystemEntries(Machine.At("/"), "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
        )
        {
            var status = FileStatus.Read(path, followLink: false)!;
            var content = status.Kind == FileKind.Regular ? File.ReadAllText(path) : "";
            text.Append($"{path} {status.Kind} {status.Mode} {status.Owner} {content}\n");
        }
        return text.ToString();
    }

    private static MachineFacts Facts { get; } =
        new()
        {
            HostName = "edge-1",
            OperatingSystem = "test",
            Architecture = "amd64",
            KernelRelease = "6",
            Cgroups = CgroupMode.Hybrid,
            IsSystemd = true,
            CapabilityBounds = ulong.MaxValue,
            CniPluginDirectory = "/opt/cni/bin",
            ProcessorCount = 2,
            MemoryBytes = 1L << 32,
            FreeDiskBytes = 1L << 40,
        };

    private Task<ChangeJournal> OpenAsync() =>
        ChangeJournal.OpenAsync(Machine.Paths, TimeProvider.System, CancellationToken.None);

    private sealed class Listener(StringBuilder told) : IProgress<StepProgress>
    {
        public void Report(StepProgress value)
        {
            lock (told)
            {
                told.AppendLine(value.ToString());
            }
        }
    }
}

/// <summary>Services that exist where their unit does, and only in memory.</summary>
internal sealed class ListedServices : IServiceManager
{
    private readonly Dictionary<string, ServiceStatus> services = [];
    private int nextProcessId = 100;

    public string Name => "listed";

    public List<string> Calls { get; } = [];

    public void Add(string service, bool isRunning, bool isEnabled, DateTimeOffset? startedAt = null) =>
        services[service] = new ServiceStatus(
            true,
            isEnabled,
            isRunning,
            isRunning ? nextProcessId++ : null,
            isRunning ? startedAt ?? TimeProvider.System.GetUtcNow() : null
        );

    public Task<ServiceStatus> StatusAsync(string service, CancellationToken cancellationToken) =>
        Task.FromResult(services.GetValueOrDefault(service) ?? new ServiceStatus(false, false, false, null, null));

    public Task<bool> RunsAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task StartAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Start("start", service.Name);

    public Task RestartAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Start("restart", service.Name);

    public Task RestartKnownAsync(string service, CancellationToken cancellationToken) =>
        Start("restart-known", service);

    public Task StopAsync(string service, bool stop, bool disable, CancellationToken cancellationToken)
    {
        Calls.Add($"stop {service} {stop} {disable}");
        var now = services[service];
        Add(service, now.IsRunning && !stop, now.IsEnabled && !disable, now.StartedAt);
        return Task.CompletedTask;
    }

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> ReadLastLinesAsync(
        string service,
        int count,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<string>>([]);

    private Task Start(string verb, string service)
    {
        Calls.Add($"{verb} {service}");
        Add(service, isRunning: true, isEnabled: true);
        return Task.CompletedTask;
    }
}
