using Holdfast.Changes.Engine;
using Holdfast.Changes.Journal;

namespace Holdfast.Changes.Tests;

internal static class TestKinds
{
    public static ChangeKinds All { get; } = new(ChangesKinds.All);
}

internal static class ApplyExtensions
{
    public static Task<ApplyResult> ApplyAsync(this TemporaryMachine node, params IStep[] steps) =>
        node.ApplyAsync(TestKinds.All, steps);

    public static Task<UndoResult> UndoAsync(this TemporaryMachine node) => node.UndoAsync(TestKinds.All);

    /// <summary>As before the first apply.</summary>
    public static Task<Inspection> InspectAsync<TBefore>(
        this Change<TBefore> change,
        Machine machine,
        CancellationToken cancellationToken
    )
        where TBefore : class => change.InspectAsync(machine, History<TBefore>.Empty, cancellationToken);
}
