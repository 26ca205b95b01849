using System.Text.Json;

namespace Holdfast.Changes.Journal;

/// <summary>
/// What one run, or more of them, wrote on top of what earlier runs had made of a change. Where the history goes back to the
/// time before Holdfast, that is the whole change.
/// </summary>
/// <param name="History">Back to the state below the layer.</param>
internal sealed record Layer(JournalEntry Entry, ChangeKind Kind, History<JsonElement> History)
{
    public Task<string?> UndoAsync(Machine machine, CancellationToken cancellationToken) =>
        Kind.UndoAsync(machine, History, cancellationToken);

    public Task SettleAsync(Machine machine, CancellationToken cancellationToken) =>
        Kind.SettleAsync(machine, History, cancellationToken);

    public Task FollowAsync(Machine machine, CancellationToken cancellationToken) =>
        Kind.FollowAsync(machine, History, cancellationToken);
}
