namespace Holdfast.Node.Tests;

internal static class ApplyExtensions
{
    extension(IStep step)
    {
        public string Id =>
            new PlanStep("", step, Inspection.AsWanted("")).Id.Replace("old-", "", StringComparison.Ordinal);

        public string Kind => new PlanStep("", step, Inspection.AsWanted("")).Kind;
    }

    public static Task<NodePlan> PlanAsync(this TemporaryMachine node, params IStep[] steps) =>
        node.PlanAsync(NodeKinds.All, steps);

    public static Task<ApplyResult> ApplyAsync(this TemporaryMachine node, params IStep[] steps) =>
        node.ApplyAsync(NodeKinds.All, steps);

    public static Task<UndoResult> UndoAsync(this TemporaryMachine node) => node.UndoAsync(NodeKinds.All);

    /// <summary>As before the first apply.</summary>
    public static Task<Inspection> InspectAsync<TBefore>(
        this Change<TBefore> change,
        Machine machine,
        CancellationToken cancellationToken
    )
        where TBefore : class => change.InspectAsync(machine, History<TBefore>.Empty, cancellationToken);
}
