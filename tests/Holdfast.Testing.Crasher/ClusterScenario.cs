using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Facts;
using Holdfast.Node.Joining;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Testing.Crasher;

/// <summary>
/// A machine in a directory that joins a cluster: files below <c>files</c>, stand-ins of the clusters' programs in
/// <c>programs</c>, services in memory. Used by tests and by the processes that they kill.
/// </summary>
public sealed class ClusterScenario
{
    private static readonly string[] StandIns = ["kubeadm", "yurtadm", "keadm", "kubelet", "edgecore"];

    public ClusterScenario(string root)
    {
        var files = Path.Join(root, "files");
        foreach (var directory in (string[])["etc/systemd/system", "var/lib", "usr/bin", "usr/local/bin"])
        {
            Directory.CreateDirectory(Path.Join(files, directory));
        }

        Machine = new Machine(
            new NodePaths(Path.Join(root, "node")),
            files,
            Services,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            (command, timeout, cancellationToken) =>
                StandIns.Contains(command.FileName)
                    ? RunStandInAsync(Path.Join(root, "programs"), command, timeout, cancellationToken)
                    : ChildProcess.RunAsync(command, timeout, cancellationToken)
        );
    }

    /// <summary>A stand-in starts services by a note. yurthub's unit has no [Install], and cannot be enabled.</summary>
    private async Task<ChildResult> RunStandInAsync(
        string programs,
        ChildCommand command,
        TimeSpan timeout,
        CancellationToken cancellationToken
    )
    {
        var result = await ChildProcess.RunAsync(
            command with
            {
                FileName = Path.Join(programs, command.FileName),
            },
            timeout,
            cancellationToken
        );
        var started = Path.Join(programs, "told", "started");
        if (File.Exists(started))
        {
            foreach (var service in await File.ReadAllLinesAsync(started, cancellationToken))
            {
                Services.Add(service, isRunning: true, isEnabled: service != "yurthub");
            }
            File.Delete(started);
        }
        return result;
    }

    public Machine Machine { get; }

    public ListedServices Services { get; } = new();

    /// <summary>Further handlers of the only runtime, as a document has them in a list.</summary>
    public string Handlers { get; set; } = "";

    /// <param name="cluster">What stands behind <c>cluster:</c> in the node document.</param>
    public async Task<NodePlan> PlanAsync(string cluster) =>
        await new Planner([new ClusterComponent()]).PlanAsync(
            Document(cluster),
            Facts,
            Machine,
            CancellationToken.None
        );

    public EdgeNodeSpec Document(string cluster)
    {
        var document =
            "apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: { name: edge-1, labels: { site: \"7\" } }\n"
            + $"spec:\n  runtimes: [{{ name: containerd, cgroupDriver: cgroupfs, handlers: [{{ name: runc }}{Handlers}] }}]\n  cluster: {cluster}\n";
        var result = NodeDocument.Parse(document, "node.yaml", "edge-1");
        return result.Spec ?? throw new ArgumentException(string.Join("; ", result.Errors), nameof(cluster));
    }

    public async Task<ApplyResult> UpAsync(
        string cluster,
        IProgress<StepProgress>? progress = null,
        bool mayDestroy = false
    )
    {
        using var journal = await OpenAsync();
        return await new Applier(NodeKinds.All, Machine, journal, progress) { MayDestroy = mayDestroy }.ApplyAsync(
            await PlanAsync(cluster),
            CancellationToken.None
        );
    }

    public async Task<UndoResult> UndoAsync(IProgress<StepProgress>? progress = null)
    {
        using var journal = await OpenAsync();
        return await new Undoer(NodeKinds.All, Machine, journal, progress).UndoAllAsync(CancellationToken.None);
    }

    private static MachineFacts Facts { get; } =
        new()
        {
            Architecture = "amd64",
            Cgroups = CgroupMode.Hybrid,
            IsSystemd = true,
            CniPluginDirectory = "/opt/cni/bin",
        };

    private Task<ChangeJournal> OpenAsync() =>
        ChangeJournal.OpenAsync(Machine.Paths, TimeProvider.System, CancellationToken.None);
}
