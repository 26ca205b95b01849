using System.Text.Json.Nodes;

namespace Holdfast.Node.Resources;

/// <summary>One change as the journal knows it. Immutable.</summary>
/// <param name="Original">What the resource recorded before its first write.</param>
/// <param name="Intents">What each later write was about to leave, oldest first.</param>
/// <param name="Results">What came out of each write that was seen through, oldest first.</param>
internal sealed record RecordedChange(
    string Kind,
    string Id,
    string Title,
    JsonObject Original,
    IReadOnlyList<JsonObject> Intents,
    IReadOnlyList<JsonObject> Results
);

/// <summary>
/// Puts back what one kind of resource changed, in another process and from the journal alone. Stateless. Both methods
/// are idempotent: they may have been killed half way before, and the change may never have been made.
/// </summary>
internal interface IUndo
{
    string Kind { get; }

    /// <summary>Puts the original back.</summary>
    /// <returns>What a person must know (a file that was edited by somebody else and kept aside), or null.</returns>
    Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken);

    /// <summary>
    /// Called for every change after all of them were put back, in the order in which they were made: services are started
    /// again here, when their configuration is the original one.
    /// </summary>
    Task SettleAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Called for every change that stays in force when others were taken back: a service that reads what is another file
    /// by now is started anew here.
    /// </summary>
    Task FollowAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken) => Task.CompletedTask;
}
