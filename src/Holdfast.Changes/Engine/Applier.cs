using Holdfast.Changes.Journal;
using Holdfast.Linux;

namespace Holdfast.Changes.Engine;

/// <summary>
/// Makes the machine what the plan says, one journaled step after the other. Killed at any moment it leaves a state from
/// which the next apply completes and undo returns to the original. A step that fails is taken back together with the
/// steps of the same group that this run made, so that a running service never stays with a configuration that it
/// refuses. For one caller at a time, who holds the journal.
/// </summary>
public sealed class Applier(ChangeKinds kinds)
{
    /// <summary>Taking back has its own time: it must also work when the caller has given up (Ctrl-C).</summary>
    private static readonly TimeSpan RollbackTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Whether changes that the document no longer wants are taken back also where that destroys data.</summary>
    public bool MayDestroy { get; init; }

    /// <exception cref="NodeException">
    /// WouldDestroy: nothing was changed. Any other: a step failed and was taken back; the steps before it stay.
    /// </exception>
    public async Task<ApplyResult> ApplyAsync(
        NodePlan plan,
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        RequireAllowed(plan, journal);
        var leftovers = plan.Leftovers.Select(change => journal.FindOpen(change.Id)).OfType<JournalEntry>().ToArray();
        var undone = await new Undoer(kinds).UndoAsync(leftovers, machine, journal, progress, cancellationToken);
        if (leftovers.Any(entry => entry.IsOpen))
        {
            Undoer.RequireComplete(undone.Failures);
        }

        var changed = 0;
        for (var index = 0; index < plan.Steps.Count; index++)
        {
            var step = plan.Steps[index];
            var report = new StepReport(step.Group, step.Title, index + 1, plan.Steps.Count, machine.Time, progress);
            // Until the first change nothing of this run can have made the plan untrue; after it every step is looked at anew.
            var known = leftovers.Length == 0 && changed == 0 ? step.Inspection : null;
            if (
                await ApplyStepAsync(step.Step, report, known, machine.WithProgress(report), journal, cancellationToken)
            )
            {
                changed++;
            }
        }

        var unchanged = plan.Steps.Count(step => !step.IsGuard) - changed;
        return new ApplyResult(changed, unchanged, leftovers.Length, undone.Notes, undone.Failures);
    }

    private void RequireAllowed(NodePlan plan, ChangeJournal journal)
    {
        var removals = NodePlan.ListRemovals(plan.Leftovers, kinds, journal).ToArray();
        if (!MayDestroy && removals.Length > 0)
        {
            throw new NodeException(
                NodeReason.WouldDestroy,
                $"cannot apply the document: it no longer wants {string.Join("; ", removals.Select(Describe))}; "
                    + "nothing was changed; put it back into the document, or allow it: holdfast up --remove"
            );
        }

        static string Describe(Removal removal) =>
            $"that {removal.Change.Title}, and taking that back destroys {removal.Destroys}";
    }

    /// <returns>Whether the machine was changed.</returns>
    private async Task<bool> ApplyStepAsync(
        IStep step,
        StepReport report,
        Inspection? known,
        Machine machine,
        ChangeJournal journal,
        CancellationToken cancellationToken
    )
    {
        try
        {
            switch (step)
            {
                case Guard guard:
                    await AskAsync(guard, machine, cancellationToken);
                    return false;
                case Change change:
                    return await ApplyChangeAsync(change, report, known, machine, journal, cancellationToken);
                default:
                    throw new InvalidOperationException("internal error: a step is neither a change nor a guard");
            }
        }
        catch (Exception failure) when (IsExpected(failure) || failure is OperationCanceledException)
        {
            report.Say(StepPhase.Failed, failure.Message);
            await TakeBackAsync(report, machine, journal);
            if (failure is OperationCanceledException)
            {
                throw;
            }

            throw failure as NodeException ?? new NodeException(NodeReason.ChangeFailed, failure.Message, failure);
        }
    }

    private static async Task AskAsync(Guard guard, Machine machine, CancellationToken cancellationToken)
    {
        if (await guard.Ask(machine, cancellationToken) is { } fault)
        {
            throw new NodeException(NodeReason.ChangeFailed, fault);
        }
    }

    private static async Task<bool> ApplyChangeAsync(
        Change change,
        StepReport report,
        Inspection? known,
        Machine machine,
        ChangeJournal journal,
        CancellationToken cancellationToken
    )
    {
        var inspection = known is { IsAsWanted: true }
            ? known
            : await change.LookAsync(machine, journal.HistoryOf(change), cancellationToken);
        if (inspection.IsAsWanted)
        {
            if (journal.FindOpen(change.Id) is { State: EntryState.Recorded } entry)
            {
                // A crash between the change and its mark.
                journal.MarkDone(entry);
            }

            report.Say(StepPhase.Unchanged, inspection.Summary);
            return false;
        }

        report.Say(StepPhase.Started, inspection.Summary);
        await DoAsync(change, report.Group, machine, journal, cancellationToken);
        report.Say(StepPhase.Changed, null);
        return true;
    }

    private static async Task DoAsync(
        Change change,
        string group,
        Machine machine,
        ChangeJournal journal,
        CancellationToken cancellationToken
    )
    {
        await change.RequireConditionAsync(machine, cancellationToken);
        var before = await change.RememberStoredAsync(machine, journal.HistoryOf(change), cancellationToken);
        var entry = journal.Record(change, group, before);
        FaultPoint.Reach("apply.after-record");

        await change.DoStoredAsync(machine, entry.History, cancellationToken);
        FaultPoint.Reach("apply.after-do");

        var after = await change.LookAsync(machine, entry.History, cancellationToken);
        if (!after.IsAsWanted)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot make sure that {change.Title}: it was changed, but then {after.Summary}; "
                    + "something else on this machine works against it"
            );
        }

        journal.MarkDone(entry);
        FaultPoint.Reach("apply.after-mark");
    }

    /// <summary>
    /// Takes the failed step back, and before it in reverse order what this run did for the same group: to the state
    /// before this run, which after an older apply is not the original. Packages stay unless they are what failed, since
    /// fetching them again is the slow part of trying again.
    /// </summary>
    private async Task TakeBackAsync(StepReport failed, Machine machine, ChangeJournal journal)
    {
        using var limit = new CancellationTokenSource(RollbackTimeout, machine.Time);
        var mine = RunLayer
            .ListOf(journal)
            .Where(change => change.Entry.Group == failed.Group)
            .Where(change => !kinds.For(change.Entry.Kind).StaysUntilUndo || change.Entry.State == EntryState.Recorded)
            .ToArray();
        foreach (var change in mine.Reverse())
        {
            await TryAsync(
                failed,
                async () =>
                {
                    var note = await kinds.For(change.Entry.Kind).UndoAsync(machine, change.History, limit.Token);
                    change.MarkUndone(journal);
                    failed.Say(StepPhase.TakenBack, change.Entry.Title);
                    if (note is not null)
                    {
                        failed.Say(StepPhase.Note, note);
                    }
                }
            );
        }

        // Also when some of it could not be put back: a service that was running must not stay down for that.
        foreach (var change in mine)
        {
            await TryAsync(
                failed,
                () => kinds.For(change.Entry.Kind).SettleAsync(machine, change.History, limit.Token)
            );
        }

        journal.MarkSettled([.. mine.Select(change => change.Entry).Where(entry => !entry.IsOpen)]);
    }

    private static async Task TryAsync(StepReport failed, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception worse) when (IsExpected(worse) || worse is OperationCanceledException)
        {
            // The journal still has it: the next apply or undo goes on from here. The first failure is what is thrown.
            failed.Say(StepPhase.Note, $"taking it back did not work either: {worse.Message}");
        }
    }

    /// <summary>What a machine may answer to a change; .NET tells a refused removal as an UnauthorizedAccessException.</summary>
    internal static bool IsExpected(Exception failure) =>
        failure is NodeException or LinuxException or IOException or UnauthorizedAccessException;
}
