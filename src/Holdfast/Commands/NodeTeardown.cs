using Holdfast.Composition;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Pods;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary>
/// The parts of <c>down</c> and <c>undo</c>. Each can be repeated after a crash. For one command at a time, which holds the
/// journal from the first part to the last.
/// </summary>
internal sealed class NodeTeardown(NodePaths paths, Screen screen)
{
    private const string AgentService = "holdfast";

    /// <summary>More numbers do not help a person.</summary>
    private const int ProcessesToName = 10;

    /// <summary>They keep their pods' control groups at the same place, and would miss it.</summary>
    private static readonly string[] SharersOfCgroups = ["kubelet", "edgecore"];

    private readonly Machine machine = NodeContext.CreateMachine(paths, NodeContext.CreateLogs());
    private readonly List<string> failures = [];
    private ClusterDeparture? departure;
    private bool hadCrio;

    /// <summary>The right to change this machine, which is asked for before the first pod is stopped.</summary>
    /// <exception cref="NodeException">Busy: another command is changing it.</exception>
    public Task<ChangeJournal> OpenJournalAsync(CancellationToken cancellationToken) =>
        ChangeJournal.OpenAsync(paths, machine.Time, cancellationToken);

    /// <summary>Stops the daemon, which makes pods, unless pods run already.</summary>
    /// <exception cref="CommandException">A pod of this node runs. Nothing was changed.</exception>
    public async Task RequireNoPodsAsync(CancellationToken cancellationToken)
    {
        await RequireNoPodsNowAsync(cancellationToken);
        var wasRunning = await StopAgentAsync(cancellationToken);
        try
        {
            // A Deployment may have made one in between.
            await RequireNoPodsNowAsync(cancellationToken);
        }
        catch when (wasRunning)
        {
            await machine.Services.RestartKnownAsync(AgentService, CancellationToken.None);
            throw;
        }
    }

    /// <summary>First of all: it would start again what is stopped.</summary>
    /// <returns>Whether it ran.</returns>
    public async Task<bool> StopAgentAsync(CancellationToken cancellationToken)
    {
        var status = await machine.Services.StatusAsync(AgentService, cancellationToken);
        if (!status.IsKnown || !status.IsRunning)
        {
            return false;
        }

        await machine.Services.StopAsync(AgentService, stop: true, disable: false, cancellationToken);
        screen.Note($"[yellow]stopped [/] {AgentService}");
        return true;
    }

    /// <summary>Removes the pods of this node; a runtime that does not run while they live is started for that.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> RemovePodsAsync(CancellationToken cancellationToken)
    {
        await using var runtimes = await KnownRuntimes.OpenAsync(machine, cancellationToken);
        if (runtimes is null)
        {
            return 0;
        }

        var pods = await runtimes.ListAsync(cancellationToken);
        foreach (var silent in pods.Silent)
        {
            screen.Note($"[yellow]starting[/] {silent.Runtime.Name.EscapeMarkup()}, whose pods live without it");
            await runtimes.StartAsync(silent, cancellationToken);
        }

        pods = pods.Silent.Count > 0 ? await runtimes.ListAsync(cancellationToken) : pods;
        var own = pods.Sandboxes.Where(sandbox => sandbox.IsOf(paths)).ToArray();
        foreach (var sandbox in own)
        {
            await sandbox.RemoveAsync(cancellationToken);
            NodeFiles.RemoveLogs(paths, sandbox.Sandbox.Metadata);
            screen.Note(
                $"[yellow]removed [/] pod {sandbox.PodName.EscapeMarkup()} [grey]({sandbox.Endpoint.Name.EscapeMarkup()})[/]"
            );
        }

        await TellDepartureAsync(runtimes, pods, cancellationToken);
        return own.Length;
    }

    /// <summary>Takes every change back, tells what could not be put back, and removes the control groups of pods.</summary>
    /// <returns>How many changes there were.</returns>
    public async Task<int> UndoAsync(ChangeJournal journal, CancellationToken cancellationToken)
    {
        using (var view = new ChangesView(screen, machine.Time))
        {
            var result = await new Undoer(NodeKinds.All, machine, journal, view).UndoAllAsync(cancellationToken);
            failures.AddRange(result.Failures);
            await RemoveCgroupsAsync(cancellationToken);
            foreach (var failure in failures)
            {
                screen.Note($"[red]failed  [/] {failure.EscapeMarkup()}");
            }

            return result.TakenBack;
        }
    }

    /// <summary>Says what was done and what stays.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ConcludeAsync(string done, CancellationToken cancellationToken)
    {
        // A CRI-O that was there before keeps what it has.
        var crioIsGone = hadCrio && !(await machine.Services.StatusAsync("crio", cancellationToken)).IsKnown;
        foreach (var (directory, what) in Remnants.TidyUp(machine, departure is not null, crioIsGone))
        {
            screen.Line($"Left: {directory.EscapeMarkup()} [grey]({what})[/]");
        }

        screen.Line(
            failures.Count == 0
                ? $"{done}: this machine is as it was."
                : $"{done}, but {(failures.Count == 1 ? "1 thing is" : $"{failures.Count} things are")} not as before, see above."
        );
        return failures.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private async Task RequireNoPodsNowAsync(CancellationToken cancellationToken)
    {
        await using var runtimes = await KnownRuntimes.OpenAsync(machine, cancellationToken);
        if (runtimes is null)
        {
            return;
        }

        var pods = await runtimes.ListAsync(cancellationToken);
        var own = pods.Sandboxes.Count(sandbox => sandbox.IsOf(paths));
        if (own > 0)
        {
            throw CannotUndo($"{(own == 1 ? "a pod of this node runs" : $"{own} pods of this node run")}");
        }

        if (pods.Silent is [var silent, ..])
        {
            throw CannotUndo(
                $"{silent.Runtime.Name} does not run, while pods of it do (process {string.Join(", ", silent.Processes)}),"
            );
        }

        var orphans = HasSharersOfCgroups() || paths.Key.Length > 0 ? [] : CgroupTree.ListPodProcesses(CgroupRoot);
        if (orphans.Count > 0 && pods.Sandboxes.Count == 0)
        {
            throw CannotUndo(
                $"processes of pods run that no runtime knows of (process {string.Join(", ", orphans.Take(ProcessesToName))})"
            );
        }

        await TellDepartureAsync(runtimes, pods, cancellationToken);
    }

    private static CommandException CannotUndo(string cause) =>
        new(
            ExitCode.Failed,
            $"cannot undo the changes: {cause} on what would be taken away",
            "To stop them and undo everything: sudo holdfast down"
        );

    private async Task TellDepartureAsync(KnownRuntimes runtimes, PodListing pods, CancellationToken cancellationToken)
    {
        hadCrio = runtimes.Documents.Any(document => document.Runtimes.Any(r => r.Kind == RuntimeKind.Crio));
        var isTold = departure is not null;
        departure = await ClusterDeparture.FindAsync(machine, pods, cancellationToken);
        foreach (var line in isTold ? [] : departure?.Describe() ?? [])
        {
            screen.Note($"[yellow]leaving [/] the cluster: {line.EscapeMarkup()}");
        }
    }

    /// <summary>What is above the pods' own control groups: empty now, but not there before.</summary>
    private static async Task RemoveCgroupsAsync(CancellationToken cancellationToken)
    {
        if (!HasSharersOfCgroups())
        {
            await CgroupTree.RemovePodTreesAsync(CgroupRoot, cancellationToken);
        }
    }

    private const string CgroupRoot = "/sys/fs/cgroup";

    private static bool HasSharersOfCgroups() =>
        ProcessTable.ListIds().Select(ProcessTable.NameOf).Any(name => SharersOfCgroups.Contains(name));
}
