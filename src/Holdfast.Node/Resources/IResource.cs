using System.Text.Json.Nodes;

namespace Holdfast.Node.Resources;

/// <summary>
/// The smallest thing of a machine that can be inspected, changed and put back. Implementations hold only what is
/// wanted, never what was found: one instance may be inspected, done and inspected again, by one caller at a time.
/// Putting back is the business of the <see cref="IUndo"/> of the same kind, which knows the journal alone.
/// </summary>
internal interface IResource : IStep
{
    IStep IStep.Resolve() => new Apply.ResourceChange(this);

    /// <summary>Key of the undo table: <c>file</c>, <c>sysctl</c>...</summary>
    string Kind { get; }

    /// <summary>Unique in a plan and the same in every run, for example <c>file:/etc/hosts</c>.</summary>
    string Id { get; }

    /// <summary>What a person reads: <c>swap is off</c>.</summary>
    new string Title { get; }

    /// <summary>Why it is wanted, shown in the plan; null when the title says it all.</summary>
    new string? Why { get; }

    string IStep.Title => Title;

    string? IStep.Why => Why;

    Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>All that undo needs; it is on the disk before <see cref="DoAsync"/> is called. Must not change anything.</summary>
    Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>
    /// What is about to be written, in the words of the undo (a hash, a value), so that undo can tell our own work from a
    /// stranger's. Journaled before every <see cref="DoAsync"/>; null when undo has no use for it.
    /// </summary>
    Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult<JsonObject?>(null);

    /// <summary>Makes it so. Idempotent: it may have been killed half way before.</summary>
    Task DoAsync(Machine machine, CancellationToken cancellationToken);

    /// <summary>What came out of it that undo needs (the packages that came along); null when undo has no use for it.</summary>
    Task<JsonObject?> DescribeResultAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult<JsonObject?>(null);
}
