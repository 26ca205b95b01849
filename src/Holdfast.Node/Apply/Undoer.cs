using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Apply;

/// <summary>
/// Puts the machine back from the journal alone, in whatever process, as often as it takes: killed at any moment it goes
/// on where it was. For one caller at a time, who holds the journal.
/// </summary>
public sealed class Undoer
{
    private readonly UndoTable undos;

    public Undoer()
        : this(UndoTable.Default) { }

    internal Undoer(UndoTable undos)
    {
        this.undos = undos;
    }

    /// <summary>Takes back every change, the last one first, and then ends the journal.</summary>
    /// <exception cref="NodeException">UndoFailed: some could not be taken back, all others were; it can be tried again.</exception>
    public Task<UndoResult> UndoAllAsync(
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        CancellationToken cancellationToken
    ) => UndoAfterAsync(0, machine, journal, progress, cancellationToken);

    /// <summary>
    /// Takes back every change that was made after one, the last one first: the machine is as it was when that one had just
    /// been made. Changes stand on those before them, so none is taken out of the middle.
    /// </summary>
    /// <param name="number">The change that stays, as <see cref="ChangeSummary.Number"/>; 0 takes back everything.</param>
    /// <exception cref="NodeException">UndoFailed: some could not be taken back, all others were; it can be tried again.</exception>
    public async Task<UndoResult> UndoAfterAsync(
        int number,
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        var open = journal.Entries.Skip(number).Where(entry => entry.IsOpen).ToArray();
        await UndoAsync(open, machine, journal, progress, notes, cancellationToken);
        if (journal.Entries.Any(entry => entry.IsOpen))
        {
            await FollowAsync(machine, journal, notes, cancellationToken);
            return new UndoResult(open.Length, journal.Changes.Count, notes);
        }

        // Those that an earlier, killed undo took back were perhaps not settled.
        await SettleAsync([.. journal.Entries.Where(entry => !entry.IsSettled)], machine, notes, cancellationToken);
        journal.Clear();
        return new UndoResult(open.Length, 0, notes);
    }

    internal async Task UndoAsync(
        IReadOnlyList<JournalEntry> entries,
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        List<string> notes,
        CancellationToken cancellationToken
    )
    {
        var failures = new List<string>();
        var takenBack = new List<JournalEntry>();
        foreach (var (index, entry) in entries.Reverse().Index())
        {
            var start = machine.Time.GetTimestamp();
            Report(StepPhase.Started, null);
            try
            {
                var told = machine.WithProgress(new WorkingProgress(line => Report(StepPhase.Working, line)));
                var note = await undos.For(entry.Kind).UndoAsync(told, entry.ToChange(), cancellationToken);
                FaultPoint.Reach("undo.after-undo");
                journal.MarkUndone(entry);
                takenBack.Insert(0, entry);
                Report(StepPhase.TakenBack, null);
                if (note is not null)
                {
                    notes.Add(note);
                    Report(StepPhase.Note, note);
                }
            }
            catch (Exception failure) when (Applier.IsExpected(failure))
            {
                // The others can still be put back; the journal keeps this one.
                failures.Add($"{entry.Title}: {failure.Message}");
                Report(StepPhase.Failed, failure.Message);
            }

            void Report(StepPhase phase, string? detail) =>
                progress?.Report(
                    new StepProgress(
                        entry.Group,
                        entry.Title,
                        index + 1,
                        entries.Count,
                        phase,
                        detail,
                        machine.Time.GetElapsedTime(start)
                    )
                );
        }

        // Services run again and swap is back also where something else could not be taken back.
        await SettleAsync(takenBack, machine, notes, cancellationToken);
        journal.MarkSettled(takenBack);
        if (failures.Count > 0)
        {
            throw new NodeException(
                NodeReason.UndoFailed,
                $"cannot take back {string.Join("; ", failures)}; all else is as before; remove the cause and run: holdfast undo"
            );
        }
    }

    /// <summary>Lets what stays in force see what was taken back.</summary>
    internal Task FollowAsync(
        Machine machine,
        ChangeJournal journal,
        List<string> notes,
        CancellationToken cancellationToken
    ) =>
        EachAsync(
            journal.Entries.Where(entry => entry.IsOpen).ToArray(),
            notes,
            (undo, change) => undo.FollowAsync(machine, change, cancellationToken)
        );

    private Task SettleAsync(
        IReadOnlyList<JournalEntry> entries,
        Machine machine,
        List<string> notes,
        CancellationToken cancellationToken
    ) => EachAsync(entries, notes, (undo, change) => undo.SettleAsync(machine, change, cancellationToken));

    private async Task EachAsync(
        IReadOnlyList<JournalEntry> entries,
        List<string> notes,
        Func<IUndo, RecordedChange, Task> act
    )
    {
        foreach (var entry in entries)
        {
            try
            {
                await act(undos.For(entry.Kind), entry.ToChange());
            }
            catch (Exception failure) when (Applier.IsExpected(failure))
            {
                // The files are the original ones; that a service does not start with them is not for undo to repair.
                if (!notes.Contains(failure.Message))
                {
                    // An undo of everything settles twice, see above.
                    notes.Add(failure.Message);
                }
            }
        }
    }

    private sealed class WorkingProgress(Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say(value);
    }
}
