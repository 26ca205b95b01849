using Holdfast.Changes.Journal;
using Holdfast.Linux;

namespace Holdfast.Changes.Engine;

/// <summary>
/// Makes the machine what the plan says, one journaled step after the other. Killed at any moment it leaves a state from
/// which the next apply completes and undo returns to the original. A step that fails is taken back together with the
/// steps of the same group that this run made, so that a running service never stays with a configuration that it
/// refuses. For one caller at a time, who holds the journal.
/// </summary>
public sealed class Applier(
    ChangeKinds kinds,
    Machine machine,
    ChangeJournal journal,
    IProgress<StepProgress>? progress = null
)
{
    /// <summary>Taking back has its own time: it must also work when the caller has given up (Ctrl-C).</summary>
    private static readonly TimeSpan RollbackTimeout = TimeSpan.FromMinutes(5);

    private readonly Undoer undoer = new(kinds, machine, journal, progress);

    /// <summary>Whether changes that the document no longer wants are taken back also where that destroys data.</summary>
    public bool MayDestroy { get; init; }

    /// <exception cref="NodeException">
    /// WouldDestroy: nothing was changed. Any other: a step failed and was taken back; the steps before it stay.
    /// </exception>
    public async Task<ApplyResult> ApplyAsync(NodePlan plan, CancellationToken cancellationToken)
    {
        plan.RequireRemovalsAllowed(MayDestroy);
        var leftovers = plan.Leftovers.Select(change => journal.FindOpen(change.Id)).OfType<JournalEntry>().ToArray();
        var undone = await undoer.UndoAsync(leftovers, cancellationToken);
        if (leftovers.Any(entry => entry.IsOpen))
        {
            Undoer.RequireComplete(undone.Failures);
        }

        var changed = 0;
        foreach (var (index, step) in plan.Steps.Index())
        {
            var report = new StepReport(step.Group, step.Title, index + 1, plan.Steps.Count, machine.Time, progress);
            // Until the first change nothing of this run can have made the plan untrue; after it every step is looked at anew.
            var isKnown = leftovers.Length == 0 && changed == 0 && step.Inspection.IsAsWanted;
            if (await ApplyStepAsync(step, report, isKnown, cancellationToken))
            {
                changed++;
            }
        }

        var unchanged = plan.Steps.Count(step => !step.IsGuard) - changed;
        return new ApplyResult(changed, unchanged, undone.Failures);
    }

    /// <param name="isKnown">Whether what the plan saw is known to be as wanted still.</param>
    /// <returns>Whether the machine was changed.</returns>
    private async Task<bool> ApplyStepAsync(
        PlanStep step,
        StepReport report,
        bool isKnown,
        CancellationToken cancellationToken
    )
    {
        var told = machine.WithProgress(report);
        try
        {
            switch (step.Step)
            {
                case Guard guard:
                    return await guard.Ask(told, cancellationToken) is { } fault
                        ? throw new NodeException(NodeReason.ChangeFailed, fault)
                        : false;
                case Change change:
                    var inspection = isKnown
                        ? step.Inspection
                        : await change.LookAsync(told, journal.HistoryOf(change), cancellationToken);
                    return await ApplyChangeAsync(change, inspection, report, told, cancellationToken);
                default:
                    throw new InvalidOperationException("internal error: a step is neither a change nor a guard");
            }
        }
        catch (Exception failure) when (IsExpected(failure) || failure is OperationCanceledException)
        {
            report.Say(StepPhase.Failed, failure.Message);
            await TakeBackAsync(report);
            if (failure is NodeException or OperationCanceledException)
            {
                throw;
            }

            throw new NodeException(NodeReason.ChangeFailed, failure.Message, failure);
        }
    }

    private async Task<bool> ApplyChangeAsync(
        Change change,
        Inspection inspection,
        StepReport report,
        Machine told,
        CancellationToken cancellationToken
    )
    {
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
        await DoAsync(change, report.Group, told, cancellationToken);
        report.Say(StepPhase.Changed, null);
        return true;
    }

    private async Task DoAsync(Change change, string group, Machine told, CancellationToken cancellationToken)
    {
        await change.RequireConditionAsync(told, cancellationToken);
        var before = await change.RememberStoredAsync(told, journal.HistoryOf(change), cancellationToken);
        var entry = journal.Record(change, group, before);
        FaultPoint.Reach("apply.after-record");

        await change.DoStoredAsync(told, entry.History, cancellationToken);
        FaultPoint.Reach("apply.after-do");

        var after = await change.LookAsync(told, entry.History, cancellationToken);
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
    private async Task TakeBackAsync(StepReport failed)
    {
        using var limit = new CancellationTokenSource(RollbackTimeout, machine.Time);
        var mine = journal
            .ListLayersOfRun(kinds)
            .Where(layer => layer.Entry.Group == failed.Group)
            .Where(layer => !layer.Kind.StaysUntilUndo || layer.Entry.State == EntryState.Recorded)
            .ToArray();
        try
        {
            var result = await undoer.PutBackAsync(mine, "rollback.before-step", limit.Token);
            foreach (var failure in result.Failures)
            {
                // The journal still has it: the next apply or undo goes on from here. The first failure is what is thrown.
                failed.Say(StepPhase.Note, $"cannot take back {failure}");
            }
        }
        catch (OperationCanceledException)
        {
            failed.Say(
                StepPhase.Note,
                $"taking back did not end within {RollbackTimeout.TotalMinutes} minutes; run the same command again, or: holdfast undo"
            );
        }
    }

    /// <summary>What a machine may answer to a change; .NET tells a refused removal as an UnauthorizedAccessException.</summary>
    internal static bool IsExpected(Exception failure) =>
        failure is NodeException or LinuxException or IOException or UnauthorizedAccessException;
}
