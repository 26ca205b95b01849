using Holdfast.Changes.Journal;
using Holdfast.Linux;

namespace Holdfast.Changes.Engine;

/// <summary>
/// Puts the machine back from the journal alone, in whatever process, as often as it takes: killed at any moment it goes
/// on where it was. For one caller at a time, who holds the journal.
/// </summary>
public sealed class Undoer(
    ChangeKinds kinds,
    Machine machine,
    ChangeJournal journal,
    IProgress<StepProgress>? progress = null
)
{
    /// <summary>
    /// Takes back every change, the last one first, and then ends the journal. What could not be taken back stays in the
    /// journal and is named in the result; it can be tried again.
    /// </summary>
    public async Task<UndoResult> UndoAllAsync(CancellationToken cancellationToken)
    {
        // Those that an earlier, killed undo took back are perhaps not settled yet.
        var unsettled = journal.Entries.Where(entry => entry is { IsOpen: false, IsSettled: false }).ToArray();
        var open = journal.Entries.Where(entry => entry.IsOpen).ToArray();
        var result = await UndoAsync(open, cancellationToken);
        if (result.Left > 0)
        {
            return result;
        }

        var failures = result.Failures.ToList();
        await SettleAsync([.. unsettled.Select(WholeOf)], failures, cancellationToken);
        journal.Clear();
        return result with { Failures = [.. failures.Distinct(StringComparer.Ordinal)] };
    }

    /// <summary>
    /// Takes back what this run changed, to the machine as it was before the run: what the run made did not stand its proof.
    /// Packages stay. What an earlier, killed run brought and no pod has proven goes too.
    /// </summary>
    public async Task<UndoResult> RollBackAsync(CancellationToken cancellationToken)
    {
        var older = journal.ListUnprovenLayers(kinds).ToArray();
        // A new version that an earlier, killed run brought goes back to the one before, not to what this run found.
        var layers = journal
            .ListLayersOfRun(kinds)
            .ExceptBy(older.Select(layer => layer.Entry), layer => layer.Entry)
            .Concat(older)
            .Where(layer => !layer.Kind.StaysUntilUndo)
            .OrderBy(layer => layer.Entry.At)
            .ToArray();
        var result = await PutBackAsync(layers, "rollback.before-step", cancellationToken);
        var failures = result.Failures.ToList();
        foreach (var layer in journal.Entries.Where(entry => entry.IsOpen).Select(WholeOf))
        {
            await TryAsync(layer, () => layer.FollowAsync(machine, cancellationToken), failures);
        }

        if (failures.Count == 0)
        {
            // What is in force again was proven before.
            journal.MarkProven(older.Select(layer => layer.Entry));
        }

        return result with
        {
            Failures = failures,
        };
    }

    /// <exception cref="NodeException">UndoFailed: names what could not be put back.</exception>
    public static void RequireComplete(IReadOnlyList<string> failures)
    {
        if (failures.Count > 0)
        {
            throw new NodeException(
                NodeReason.UndoFailed,
                $"cannot take back {string.Join("; ", failures)}; all else is as before; remove the cause and run the same command again"
            );
        }
    }

    internal Task<UndoResult> UndoAsync(IEnumerable<JournalEntry> entries, CancellationToken cancellationToken) =>
        PutBackAsync([.. entries.Select(WholeOf)], "undo.before-step", cancellationToken);

    /// <param name="layers">In the order in which they were made.</param>
    internal async Task<UndoResult> PutBackAsync(
        IReadOnlyList<Layer> layers,
        string faultPoint,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        var failures = new List<string>();
        var takenBack = 0;
        foreach (var (index, layer) in layers.Reverse().Index())
        {
            FaultPoint.Reach(faultPoint);
            var entry = layer.Entry;
            var report = new StepReport(entry.Group, entry.Title, index + 1, layers.Count, machine.Time, progress);
            report.Say(StepPhase.Started, null);
            try
            {
                var note = await layer.UndoAsync(machine.WithProgress(report), cancellationToken);
                FaultPoint.Reach("undo.after-undo");
                if (layer.History.IsWhole)
                {
                    // Otherwise a state that an earlier run made is in force again, and stays in the journal.
                    journal.MarkUndone(entry);
                }

                takenBack++;
                report.Say(StepPhase.TakenBack, null);
                if (note is not null)
                {
                    notes.Add(note);
                    report.Say(StepPhase.Note, note);
                }
            }
            catch (Exception failure) when (Applier.IsExpected(failure))
            {
                // The others can still be put back; the journal keeps this one.
                failures.Add($"{entry.Title}: {failure.Message}");
                report.Say(StepPhase.Failed, failure.Message);
            }
        }

        // Also what could not be taken back: a service that was running must not stay down for that.
        await SettleAsync(layers, failures, cancellationToken);
        return new UndoResult(takenBack, journal.Changes.Count, notes, failures);
    }

    private async Task SettleAsync(
        IReadOnlyList<Layer> layers,
        List<string> failures,
        CancellationToken cancellationToken
    )
    {
        foreach (var layer in layers)
        {
            await TryAsync(layer, () => layer.SettleAsync(machine, cancellationToken), failures);
        }

        journal.MarkSettled(layers.Select(layer => layer.Entry));
    }

    private static async Task TryAsync(Layer layer, Func<Task> act, List<string> failures)
    {
        try
        {
            await act();
        }
        catch (Exception failure) when (Applier.IsExpected(failure))
        {
            // The files are the original ones; that a service does not start with them is told, and not for undo to repair.
            failures.Add($"{layer.Entry.Title}: {failure.Message}");
        }
    }

    private Layer WholeOf(JournalEntry entry) => new(entry, kinds.For(entry.Kind), entry.History);
}
