using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Plan;
using Holdfast.Node.Resources;
using Holdfast.Node.Software;

namespace Holdfast.Node.Apply;

/// <summary>
/// Makes the machine what the plan says, one journaled step after the other. Killed at any moment it leaves a state from
/// which the next apply completes and undo returns to the original. A step that fails is taken back together with the
/// steps of the same component that this run made, so that a running service never stays with a configuration that it
/// refuses. For one caller at a time, who holds the journal.
/// </summary>
public sealed class Applier
{
    /// <summary>Taking back has its own time: it must also work when the caller has given up (Ctrl-C).</summary>
    private static readonly TimeSpan RollbackTimeout = TimeSpan.FromMinutes(5);

    private readonly UndoTable undos;

    public Applier()
        : this(UndoTable.Default) { }

    internal Applier(UndoTable undos)
    {
        this.undos = undos;
    }

    /// <exception cref="NodeException">A step failed and was taken back; the steps before it stay.</exception>
    public async Task<ApplyResult> ApplyAsync(
        NodePlan plan,
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        var leftovers = plan.Leftovers.Select(change => journal.FindOpen(change.Id)).OfType<JournalEntry>().ToArray();
        await new Undoer(undos).UndoAsync(leftovers, machine, journal, progress, notes, cancellationToken);

        var done = new List<DoneStep>();
        for (var index = 0; index < plan.Steps.Count; index++)
        {
            var report = new StepReport(plan.Steps[index], index + 1, plan.Steps.Count, machine.Time, progress);
            // Until the first change nothing of ours can have made the plan untrue; after it every step is looked at anew.
            var isUntouched = leftovers.Length == 0 && done.Count == 0;
            var known = isUntouched ? plan.Steps[index].Inspection : null;
            await ApplyStepAsync(report, known, machine.WithProgress(report), journal, done, cancellationToken);
        }

        return new ApplyResult(done.Count, plan.Steps.Count - done.Count, leftovers.Length, notes) { Done = done };
    }

    /// <summary>
    /// Takes a whole run back, to the machine as it was before it: what the run made did not stand its proof. Packages
    /// stay. What only an earlier, killed run brought and nobody has proven goes too.
    /// </summary>
    /// <exception cref="NodeException">UndoFailed: the journal still has what could not be taken back.</exception>
    public async Task<UndoResult> RollBackAsync(
        ApplyResult run,
        Machine machine,
        ChangeJournal journal,
        IProgress<StepProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        var failures = new List<string>();
        var mine = run.Done.Where(step => step.Entry.Kind != AptPackagesResource.KindName).ToArray();
        foreach (var (index, step) in mine.Reverse().Index())
        {
            FaultPoint.Reach("rollback.before-step");
            var entry = step.Entry;
            Say(StepPhase.Started, null);
            try
            {
                var note = await undos.For(entry.Kind).UndoAsync(machine, step.ToPrevious(), cancellationToken);
                if (step.IsFirst && journal.FindOpen(entry.Id) is { } open)
                {
                    journal.MarkUndone(open);
                }

                Say(StepPhase.TakenBack, null);
                if (note is not null)
                {
                    notes.Add(note);
                }
            }
            catch (Exception failure) when (IsExpected(failure))
            {
                // The others can still be put back, and the services must run again.
                failures.Add($"{entry.Title}: {failure.Message}");
                Say(StepPhase.Failed, failure.Message);
            }

            void Say(StepPhase phase, string? detail) =>
                progress?.Report(
                    new StepProgress(entry.Group, entry.Title, index + 1, mine.Length, phase, detail, TimeSpan.Zero)
                );
        }

        var undoer = new Undoer(undos);
        var older = ArchiveStack.ListUnproven(journal).ToArray();
        await undoer.UndoAsync(older, machine, journal, progress, notes, cancellationToken);
        foreach (var step in mine)
        {
            try
            {
                await undos.For(step.Entry.Kind).SettleAsync(machine, step.ToPrevious(), cancellationToken);
            }
            catch (Exception failure) when (IsExpected(failure))
            {
                failures.Add($"{step.Entry.Title}: {failure.Message}");
            }
        }

        await undoer.FollowAsync(machine, journal, notes, cancellationToken);
        if (failures.Count > 0)
        {
            throw new NodeException(
                NodeReason.UndoFailed,
                $"cannot put back {string.Join("; ", failures)}; all else of this run is put back; remove the cause and run: holdfast up"
            );
        }

        return new UndoResult(mine.Length + older.Length, journal.Changes.Count, notes);
    }

    private async Task ApplyStepAsync(
        StepReport report,
        Inspection? known,
        Machine machine,
        ChangeJournal journal,
        List<DoneStep> done,
        CancellationToken cancellationToken
    )
    {
        var resource = report.Step.Resource;
        try
        {
            var inspection = known is { IsAsWanted: true }
                ? known
                : await resource.InspectAsync(machine, cancellationToken);
            if (inspection.IsAsWanted)
            {
                await CompleteMarkAsync(resource, machine, journal, cancellationToken);
                report.Say(StepPhase.Unchanged, inspection.Summary);
                return;
            }

            // What could not be taken back is not even begun.
            _ = undos.For(resource.Kind);
            report.Say(StepPhase.Started, inspection.Summary);
            await DoAsync(report.Step, machine, journal, done, cancellationToken);
            report.Say(StepPhase.Changed, null);
        }
        catch (Exception failure) when (IsExpected(failure) || failure is OperationCanceledException)
        {
            report.Say(StepPhase.Failed, failure.Message);
            await TakeBackAsync(report, machine, journal, done);
            if (failure is OperationCanceledException)
            {
                throw;
            }

            throw failure as NodeException ?? new NodeException(NodeReason.ChangeFailed, failure.Message, failure);
        }
    }

    private static async Task DoAsync(
        PlanStep step,
        Machine machine,
        ChangeJournal journal,
        List<DoneStep> done,
        CancellationToken cancellationToken
    )
    {
        var resource = step.Resource;
        var previous = await resource.RecordOriginalAsync(machine, cancellationToken);
        var intent = await resource.DescribeIntentAsync(machine, cancellationToken);
        var isFirst = journal.FindOpen(resource.Id) is null;
        var entry = journal.Record(resource.Kind, resource.Id, resource.Title, step.Group, previous, intent);
        done.Add(new DoneStep(entry, previous, isFirst));
        FaultPoint.Reach("apply.after-record");

        await resource.DoAsync(machine, cancellationToken);
        FaultPoint.Reach("apply.after-do");

        var after = await resource.InspectAsync(machine, cancellationToken);
        if (!after.IsAsWanted)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot make sure that {resource.Title}: it was changed, but then {after.Summary}; "
                    + "something else on this machine works against it"
            );
        }

        journal.MarkDone(entry, await resource.DescribeResultAsync(machine, cancellationToken));
        FaultPoint.Reach("apply.after-mark");
    }

    /// <summary>A crash between the change and its mark is healed here.</summary>
    private static async Task CompleteMarkAsync(
        IResource resource,
        Machine machine,
        ChangeJournal journal,
        CancellationToken cancellationToken
    )
    {
        if (journal.FindOpen(resource.Id) is { State: EntryState.Recorded } entry)
        {
            journal.MarkDone(entry, await resource.DescribeResultAsync(machine, cancellationToken));
        }
    }

    /// <summary>
    /// Takes the failed step back, and before it in reverse order what this run did for the same component: to the state
    /// before this run, which after an older apply is not the original. Packages stay, since fetching them again is the
    /// slow part of trying again.
    /// </summary>
    private async Task TakeBackAsync(StepReport failed, Machine machine, ChangeJournal journal, List<DoneStep> done)
    {
        using var limit = new CancellationTokenSource(RollbackTimeout, machine.Time);
        var mine = done.Where(step => step.Entry.Group == failed.Step.Group)
            .Where(step => step.Entry.Kind != AptPackagesResource.KindName || step == done[^1])
            .ToArray();
        foreach (var step in mine.Reverse())
        {
            await TryAsync(
                failed,
                async () =>
                {
                    var note = await undos.For(step.Entry.Kind).UndoAsync(machine, step.ToPrevious(), limit.Token);
                    if (step.IsFirst)
                    {
                        journal.MarkUndone(step.Entry);
                    }

                    failed.Say(StepPhase.TakenBack, step.Entry.Title);
                    if (note is not null)
                    {
                        failed.Say(StepPhase.Note, note);
                    }
                }
            );
        }

        // Also when some of it could not be put back: a service that was running must not stay down for that.
        foreach (var step in mine)
        {
            await TryAsync(
                failed,
                () => undos.For(step.Entry.Kind).SettleAsync(machine, step.ToPrevious(), limit.Token)
            );
        }
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

/// <summary>A step that a run began. Immutable.</summary>
/// <param name="Previous">How it was before this run.</param>
/// <param name="IsFirst">Whether that is also the original.</param>
internal sealed record DoneStep(JournalEntry Entry, JsonObject Previous, bool IsFirst)
{
    public RecordedChange ToPrevious() => Entry.ToChange() with { Original = Previous };
}
