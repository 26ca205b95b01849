using Holdfast.Changes;
using Holdfast.Changes.Engine;
using Holdfast.Changes.Journal;

namespace Holdfast.Testing;

public sealed partial class TemporaryMachine
{
    /// <summary>Without leftovers: a test that applies twice with other steps does not mean that the first ones go.</summary>
    public Task<NodePlan> PlanAsync(ChangeKinds kinds, params IEnumerable<IStep> steps) =>
        NodePlan.MakeAsync(steps.Select(step => ("test", step)), kinds, Machine, _ => true, Never);

    public async Task<ApplyResult> ApplyAsync(ChangeKinds kinds, params IEnumerable<IStep> steps)
    {
        var plan = await PlanAsync(kinds, steps);
        using var journal = await OpenJournalAsync();
        return await new Applier(kinds, Machine, journal).ApplyAsync(plan, Never);
    }

    public async Task<UndoResult> UndoAsync(ChangeKinds kinds)
    {
        using var journal = await OpenJournalAsync();
        return await new Undoer(kinds, Machine, journal).UndoAllAsync(Never);
    }

    public Task<ChangeJournal> OpenJournalAsync() => ChangeJournal.OpenAsync(Paths, TimeProvider.System, Never);
}
