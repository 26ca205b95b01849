using Holdfast.Node.Apply;
using Holdfast.Node.Resources;

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

    public bool HasChanges => Leftovers.Count > 0 || Changes.Any();
}
