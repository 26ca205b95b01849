using Holdfast.Composition;
using Holdfast.Node;
using Holdfast.Node.Probe;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Commands;

/// <summary>
/// What <c>up</c> does when a new version of something does not run pods: the whole run is taken back, and the version
/// before is proven. Stateless.
/// </summary>
internal static class UpgradeRollback
{
    /// <summary>Taking back, starting the old version and proving it; also after Ctrl-C, which must not leave half of it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    /// <returns>What the person is told: <c>up</c> has failed in any case.</returns>
    public static async Task<CommandException> RunAsync(
        NodeContext node,
        IReadOnlyList<string> upgrades,
        ChangeJournal journal,
        Screen screen
    )
    {
        using var limit = new CancellationTokenSource(Limit);
        screen.Note("[red]the new version does not run pods[/]: the one before is put back");
        using (var view = new ChangesView(screen, node.Machine.Time))
        {
            var result = await new Undoer(NodeKinds.All, node.Machine, journal, view).RollBackAsync(limit.Token);
            foreach (var failure in result.Failures)
            {
                screen.Note($"[red]failed  [/] {failure.EscapeMarkup()}");
            }
        }

        // The document that was in force before is in its place again.
        var before = await NodeContext.LoadAsync(null, node.Paths, limit.Token);
        var ready = await NodeReadiness.WaitAsync(before, ReadyLimit, limit.Token);
        var probes = await ProbeCommand.ProbeAsync(before, screen, limit.Token);
        ProbeView.Show(screen, probes);
        if (probes.All(probe => probe.Ok))
        {
            new PendingProof(node.Paths).Pass();
        }

        var what = string.Join("; ", upgrades).EscapeMarkup();
        return ready.IsReady && probes.All(probe => probe.Ok)
            ? new CommandException(
                ExitCode.Failed,
                $"cannot upgrade ({what}): pods do not run with it, see the first table; the version before is back and runs pods",
                "Name the old archive in the node document, or one that works."
            )
            : new CommandException(
                ExitCode.Failed,
                $"cannot upgrade ({what}): pods do not run with it, nor with the version before, which is back",
                "So the cause is not the upgrade: see what the runtime's service says, and run: holdfast check"
            );
    }
}
