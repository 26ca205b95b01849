using Holdfast.Changes.Journal;
using Holdfast.Linux;

namespace Holdfast.Changes.Engine;

/// <summary>One step that the document wants, and how it was found.</summary>
/// <param name="Group">The component it belongs to: <c>host</c>, <c>network</c>, <c>containerd</c>...</param>
/// <param name="Inspection">What was found; a guard is asked when its turn comes.</param>
/// <param name="Applied">The change by which Holdfast once made it so; null when it never had to.</param>
public sealed record PlanStep(string Group, IStep Step, Inspection Inspection, ChangeSummary? Applied = null)
{
    /// <summary>Asked at every apply, and never counted as a change.</summary>
    public bool IsGuard => Step is Guard;

    public string Kind => (Step as Change)?.Kind ?? "guard";

    public string Id => (Step as Change)?.Id ?? $"guard:{Title}";

    /// <summary>What is wanted, for people.</summary>
    public string Title => Step.Title;

    public string? Why => Step.Why;

    /// <summary>Holdfast made it so, and now it is not: something else changed the machine.</summary>
    public bool HasDrifted => Applied is not null && !Inspection.IsAsWanted;
}

/// <summary>A change that is taken back because the document no longer wants it, and whose undo destroys data.</summary>
/// <param name="Destroys">What is lost: <c>all images of containerd</c>.</param>
public sealed record Removal(ChangeSummary Change, string Destroys);

/// <summary>All that the document wants of the machine, in the order in which it is done.</summary>
/// <param name="Leftovers">Changes made for an older document that this one no longer wants; apply takes them back.</param>
public sealed record NodePlan(IReadOnlyList<PlanStep> Steps, IReadOnlyList<ChangeSummary> Leftovers)
{
    /// <summary>Most inspections wait for a child process (dpkg-query, systemctl, ctr); more at once only queue for processors.</summary>
    private const int MaxInspectionsInFlight = 8;

    /// <summary>Those of the leftovers that apply takes back only when it is allowed to destroy data.</summary>
    public IReadOnlyList<Removal> Removals { get; init; } = [];

    public IEnumerable<PlanStep> Changes => Steps.Where(step => !step.Inspection.IsAsWanted);

    public bool HasChanges => Leftovers.Count > 0 || Changes.Any();

    /// <summary>Compares what is wanted with the machine and changes neither.</summary>
    /// <param name="isWanted">Whether a change in force is wanted though no step has its id.</param>
    /// <exception cref="NodeException">Something could not even be looked at.</exception>
    public static async Task<NodePlan> MakeAsync(
        IEnumerable<(string Group, IStep Step)> wanted,
        ChangeKinds kinds,
        Machine machine,
        Func<ChangeSummary, bool> isWanted,
        CancellationToken cancellationToken
    )
    {
        using var journal = await ChangeJournal.ReadAsync(machine.Paths, machine.Time, cancellationToken);
        var changes = journal.Changes.ToDictionary(change => change.Id);
        using var inFlight = new SemaphoreSlim(MaxInspectionsInFlight);
        var steps = await Task.WhenAll(
            wanted.Select(async item =>
            {
                await inFlight.WaitAsync(cancellationToken);
                try
                {
                    return await InspectAsync(item.Group, item.Step, journal, changes, machine, cancellationToken);
                }
                finally
                {
                    inFlight.Release();
                }
            })
        );
        var ids = steps.Select(step => step.Id).ToHashSet();
        var leftovers = journal
            .Changes.Where(change => !ids.Contains(change.Id) && !isWanted(change))
            .Where(change => !kinds.For(change.Kind).StaysUntilUndo)
            .ToArray();
        return new NodePlan(steps, leftovers) { Removals = [.. ListRemovals(leftovers, kinds, journal)] };
    }

    /// <exception cref="NodeException">WouldDestroy: data would be lost, and the caller does not allow that.</exception>
    public void RequireRemovalsAllowed(bool areAllowed)
    {
        if (Removals.Count > 0 && !areAllowed)
        {
            var lost = Removals.Select(removal => $"\n  {removal.Change.Title}: {removal.Destroys}");
            throw new NodeException(
                NodeReason.WouldDestroy,
                $"cannot apply the document: it no longer has what would be destroyed with it:{string.Concat(lost)}\n"
                    + "Nothing was changed. To destroy it: holdfast up --remove. To keep it: put it back into the document."
            );
        }
    }

    private static IEnumerable<Removal> ListRemovals(
        IEnumerable<ChangeSummary> leftovers,
        ChangeKinds kinds,
        ChangeJournal journal
    )
    {
        foreach (var change in leftovers)
        {
            if (
                journal.FindOpen(change.Id) is { } entry
                && kinds.For(change.Kind).FindDestroyed(entry.History) is { } destroys
            )
            {
                yield return new Removal(change, destroys);
            }
        }
    }

    private static async Task<PlanStep> InspectAsync(
        string group,
        IStep step,
        ChangeJournal journal,
        Dictionary<string, ChangeSummary> changes,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        if (step is not Change change)
        {
            return new PlanStep(group, step, Inspection.AsWanted("checked by up"));
        }

        try
        {
            var inspection = await change.LookAsync(machine, journal.HistoryOf(change), cancellationToken);
            return new PlanStep(group, step, inspection, changes.GetValueOrDefault(change.Id));
        }
        catch (LinuxException cause)
        {
            throw new NodeException(NodeReason.Denied, $"cannot look at \"{change.Title}\": {cause.Message}", cause);
        }
    }
}
