using System.Text;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Doctor;
using Holdfast.Testing;
using Holdfast.Testing.Crasher;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Cluster;

/// <summary>A machine in a directory of its own with stand-ins of the clusters' programs, and services in memory.</summary>
internal sealed class ClusterNodeFixture : IDisposable
{
    private readonly TemporaryDirectory top = new();
    private readonly ClusterScenario scenario;
    private readonly ClusterListener cluster = new();

    public ClusterNodeFixture()
    {
        scenario = new ClusterScenario(top.Path);
        Programs = new ClusterPrograms(top["programs"], top["files"]);
    }

    public ClusterPrograms Programs { get; }

    /// <summary>Where the cluster listens; what documents call CLUSTER.</summary>
    public string ClusterAddress => cluster.Address;

    public ListedServices Services => scenario.Services;

    public global::Holdfast.Changes.Machine Machine => scenario.Machine;

    /// <inheritdoc cref="ClusterScenario.Handlers"/>
    public string Handlers
    {
        set => scenario.Handlers = value;
    }

    public string Root => top.Path;

    /// <summary>Everything that a person could have seen: plan, diffs, progress, notes.</summary>
    public StringBuilder Told { get; } = new();

    public string Journal => File.ReadAllText(Path.Join(Machine.Paths.ChangesDirectory, "journal.jsonl"));

    public void Dispose()
    {
        foreach (var mount in MountTable.Read().Below(top.Path).ToArray())
        {
            MountTable.Unmount(mount.Target, detach: true);
        }
        cluster.Dispose();
        top.Dispose();
    }

    public void StopListening() => cluster.Dispose();

    /// <summary>A document's cluster with the address of the listener.</summary>
    public string Reachable(string document) => document.Replace("CLUSTER", ClusterAddress, StringComparison.Ordinal);

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

    public async Task<NodePlan> PlanAsync(string document)
    {
        var plan = await scenario.PlanAsync(Reachable(document));
        foreach (var step in plan.Steps)
        {
            Told.AppendLine($"{step.Id} {step.Title} {step.Why} {step.Inspection}");
        }
        return plan;
    }

    public async Task<ApplyResult> UpAsync(string document, bool mayDestroy = false)
    {
        _ = await PlanAsync(document);
        return await scenario.UpAsync(Reachable(document), new Listener(Told), mayDestroy);
    }

    /// <summary>What <c>up</c> would say of other agents before it changes anything.</summary>
    /// <param name="agents">Those that run.</param>
    public async Task<IReadOnlyList<PreflightFinding>> FindStrangersAsync(string document, params string[] agents)
    {
        // The journal is the test's own, all else is this machine as it is.
        var machine = new global::Holdfast.Changes.Machine(
            Machine.Paths,
            "/",
            Services,
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        var spec = scenario.Document(Reachable(document));
        var survey = await MachineSurvey.ReadAsync(machine, spec, CancellationToken.None);
        return
        [
            .. Preflight
                .Check(survey with { OtherAgents = agents, AgentsAtBoot = [] }, spec)
                .Where(finding => finding.Id == "other-agent"),
        ];
    }

    public Task<UndoResult> UndoAsync() => scenario.UndoAsync(new Listener(Told));

    public async Task<bool> RunsAsync(string service) =>
        (await Services.StatusAsync(service, CancellationToken.None)).IsRunning;

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
