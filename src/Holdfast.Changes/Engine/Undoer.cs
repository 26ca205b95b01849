using Holdfast.Changes.Journal;
using Holdfast.Linux;

namespace Holdfast.Changes.Engine;

/// <summary>
/// Puts the machine back from the journal alone, in whatever process, as often as it takes: killed at any moment it goes
/// on where it was. For one caller at a time, who holds the journal.
/// </summary>
public sealed class Undoer(ChangeKinds kinds)
{
    /// <summary>
    /// Takes back every change, the last one first, and then ends the journal. What could not be taken back stays in the
    /// journal and is named in the result; it can be tried again.
    /// </summary>
    public async Task<UndoResult> UndoAllAsync(
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        // Those that an earlier, killed undo took back are perhaps not settled yet.
        var unsettled = journal.Entries.Where(entry => entry is { IsOpen: false, IsSettled: false }).ToArray();
        var open = journal.Entries.Where(entry => entry.IsOpen).ToArray();
        var result = await UndoAsync(open, machine, journal, progress, cancellationToken);
        if (result.Left > 0)
        {
            return result;
        }

        var failures = result.Failures.ToList();
        await SettleAsync(unsettled, machine, journal, failures, cancellationToken);
        journal.Clear();
        return result with { Failures = [.. failures.Distinct(StringComparer.Ordinal)] };
    }

    /// <summary>
    /// Takes back what this run changed, to the machine as it was before the run: what the run made did not stand its proof.
    /// Packages stay. What an earlier, killed run brought and no pod has proven goes too.
    /// </summary>
    public async Task<UndoResult> RollBackAsync(
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        var older = Unproven.ListOf(journal, kinds).ToArray();
        // A new version that an earlier, killed run brought goes back to the one before, not to what this run found.
        var layers = RunLayer
            .ListOf(journal)
            .Where(layer => older.All(unproven => unproven.Entry != layer.Entry))
            .Concat(older)
            .OrderBy(layer => layer.Entry.At)
            .Where(layer => !kinds.For(layer.Entry.Kind).StaysUntilUndo)
            .ToArray();
        var result = await PutBackAsync(layers, machine, journal, progress, "rollback.before-step", cancellationToken);
        var failures = result.Failures.ToList();
        foreach (var entry in journal.Entries.Where(entry => entry.IsOpen))
        {
            await TryAsync(
                failures,
                entry,
                () => kinds.For(entry.Kind).FollowAsync(machine, entry.History, cancellationToken)
            );
        }

        if (failures.Count == 0)
        {
            // What is in force again was proven before.
            journal.MarkProven([.. older.Select(layer => layer.Entry).Where(entry => entry.IsOpen)]);
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

    internal Task<UndoResult> UndoAsync(
        IReadOnlyList<JournalEntry> entries,
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        CancellationToken cancellationToken
    ) =>
        PutBackAsync(
            [.. entries.Select(entry => new RunLayer(entry, entry.History))],
            machine,
            journal,
            progress,
            "undo.before-step",
            cancellationToken
        );

    private async Task<UndoResult> PutBackAsync(
        IReadOnlyList<RunLayer> layers,
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        string faultPoint,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        var failures = new List<string>();
        var back = new List<RunLayer>();
        foreach (var (index, layer) in layers.Reverse().Index())
        {
            FaultPoint.Reach(faultPoint);
            var entry = layer.Entry;
            var report = new StepReport(entry.Group, entry.Title, index + 1, layers.Count, machine.Time, progress);
            report.Say(StepPhase.Started, null);
            try
            {
                var told = machine.WithProgress(report);
                var note = await kinds.For(entry.Kind).UndoAsync(told, layer.History, cancellationToken);
                FaultPoint.Reach("undo.after-undo");
                layer.MarkUndone(journal);
                back.Insert(0, layer);
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

        // Services run again and swap is back also where something else could not be taken back.
        foreach (var layer in back)
        {
            await TryAsync(
                failures,
                layer.Entry,
                () => kinds.For(layer.Entry.Kind).SettleAsync(machine, layer.History, cancellationToken)
            );
        }

        journal.MarkSettled([.. back.Select(layer => layer.Entry).Where(entry => !entry.IsOpen)]);
        return new UndoResult(back.Count, journal.Changes.Count, notes, failures);
    }

    private async Task SettleAsync(
        IReadOnlyList<JournalEntry> entries,
        Machine machine,
        ChangeJournal journal,
        List<string> failures,
        CancellationToken cancellationToken
    )
    {
        foreach (var entry in entries)
        {
            await TryAsync(
                failures,
                entry,
                () => kinds.For(entry.Kind).SettleAsync(machine, entry.History, cancellationToken)
            );
        }

        journal.MarkSettled(entries);
    }

    private static async Task TryAsync(List<string> failures, JournalEntry entry, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception failure) when (Applier.IsExpected(failure))
        {
            // The files are the original ones; that a service does not start with them is told, and not for undo to repair.
            failures.Add($"{entry.Title}: {failure.Message}");
        }
    }
}
