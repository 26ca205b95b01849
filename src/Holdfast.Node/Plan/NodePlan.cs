using Holdfast.Node.Apply;
using Holdfast.Node.Joining;
using Holdfast.Node.Resources;
using Holdfast.Node.Runtimes;

namespace Holdfast.Node.Plan;

/// <summary>One thing that the document wants, and how it was found. Immutable.</summary>
public sealed class PlanStep
{
    internal PlanStep(string group, IResource resource, Inspection inspection, ChangeSummary? applied = null)
    {
        Applied = applied;
        Group = group;
        Resource = resource;
        Inspection = inspection;
    }

    /// <summary>The component it belongs to: <c>host</c>, <c>network</c>, <c>containerd</c>...</summary>
    public string Group { get; }

    public string Kind => Resource.Kind;

    public string Id => Resource.Id;

    /// <summary>What is wanted, for people.</summary>
    public string Title => Resource.Title;

    public string? Why => Resource.Why;

    public Inspection Inspection { get; }

    /// <summary>The change by which Holdfast once made it so; null when it never had to.</summary>
    public ChangeSummary? Applied { get; }

    /// <summary>Holdfast made it so, and now it is not: something else changed the machine.</summary>
    public bool HasDrifted => Applied is not null && !Inspection.IsAsWanted;

    internal IResource Resource { get; }
}

/// <summary>All that the document wants of the machine, in the order in which it is done. Immutable.</summary>
/// <param name="Leftovers">Changes made for an older document that this one no longer wants; apply takes them back.</param>
public sealed record NodePlan(IReadOnlyList<PlanStep> Steps, IReadOnlyList<ChangeSummary> Leftovers)
{
    public IEnumerable<PlanStep> Changes => Steps.Where(step => !step.Inspection.IsAsWanted);

    /// <summary>Leftovers whose removal destroys what cannot be made again.</summary>
    public IReadOnlyList<PlannedRemoval> Removals => [.. Leftovers.Select(PlannedRemoval.Of).OfType<PlannedRemoval>()];

    public bool HasChanges => Leftovers.Count > 0 || Changes.Any();
}

/// <summary>A change that the document no longer wants and whose undo destroys data; only made when asked for.</summary>
/// <param name="Destroys">What is lost, for people.</param>
public sealed record PlannedRemoval(ChangeSummary Change, string Destroys)
{
    internal static PlannedRemoval? Of(ChangeSummary leftover) =>
        leftover.Kind switch
        {
            ClusterJoinResource.KindName => new(
                leftover,
                "the node leaves its cluster: its pods end, and what the join and the control plane wrote is deleted"
            ),
            RuntimeDataResource.KindName => new(leftover, "its images, containers and their data are deleted"),
            _ => null,
        };
}
