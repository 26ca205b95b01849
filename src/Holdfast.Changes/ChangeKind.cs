using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Holdfast.Changes;

/// <summary>How changes of one kind are put back, in another process and from the journal alone, as the engine sees it.</summary>
public abstract class ChangeKind
{
    private protected ChangeKind(string name)
    {
        Name = name;
    }

    /// <summary>Stands in the journal: <c>file</c>, <c>sysctl</c>...</summary>
    public string Name { get; }

    /// <summary>
    /// Only <c>undo</c> takes it back, neither a rollback nor a document that does not want it any more: packages, which are
    /// slow to fetch again and which a person may use by now.
    /// </summary>
    public bool StaysUntilUndo { get; init; }

    public string IdOf(string subject) => subject.Length == 0 ? Name : $"{Name}:{subject}";

    internal abstract Task<string?> UndoAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    );

    internal abstract Task SettleAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    );

    internal abstract Task FollowAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    );

    internal abstract string? FindDestroyed(History<JsonElement> history);

    internal abstract bool IsToBeProven(History<JsonElement> history);
}

/// <summary>
/// How changes of one kind are put back. All functions are idempotent: they may have been killed half way before, and the
/// change may never have been made.
/// </summary>
/// <param name="name">Stands in the journal: <c>file</c>, <c>sysctl</c>...</param>
/// <param name="json">Of the room's own JSON context.</param>
/// <param name="undo">
/// Puts the original back. Returns what a person must know (a file that someone edited since and that was kept aside), or
/// null.
/// </param>
/// <param name="settle">
/// Called for every change that was put back after all of them were, in the order in which they were made: services are
/// started again here, when their configuration is the original one. A failure is told and does not stop the others.
/// </param>
public sealed class ChangeKind<TBefore>(
    string name,
    JsonTypeInfo<TBefore> json,
    Func<Machine, History<TBefore>, CancellationToken, Task<string?>> undo,
    Func<Machine, History<TBefore>, CancellationToken, Task>? settle = null
) : ChangeKind(name)
{
    /// <summary>
    /// Called for every change that stays in force after a rollback took others back: a service that reads what is another
    /// file by now is restarted here.
    /// </summary>
    public Func<Machine, History<TBefore>, CancellationToken, Task>? Follow { get; init; }

    /// <summary>
    /// The data that undo would destroy ("all images of containerd"), or null. A document that no longer wants such a change
    /// takes it back only when the caller allows it.
    /// </summary>
    public Func<History<TBefore>, string?>? Destroys { get; init; }

    /// <summary>
    /// Whether what is in force replaced an older version: it is taken back by a rollback until a pod has proven it. Asked
    /// of each state since the last proof, as the original of the history, oldest first; the first that answers is returned to.
    /// </summary>
    public Func<History<TBefore>, bool>? NeedsProof { get; init; }

    internal JsonTypeInfo<TBefore> Json => json;

    internal History<TBefore> Read(History<JsonElement> history)
    {
        try
        {
            return history.Select(record => record.Deserialize(json) ?? throw new JsonException("it is null"));
        }
        catch (JsonException cause)
        {
            throw new NodeException(
                NodeReason.JournalCorrupt,
                $"cannot read what the journal has of a change of kind {Name}: {cause.Message}; use the version of Holdfast that made it",
                cause
            );
        }
    }

    internal override Task<string?> UndoAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    ) => undo(machine, Read(history), cancellationToken);

    internal override Task SettleAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    ) => settle is null ? Task.CompletedTask : settle(machine, Read(history), cancellationToken);

    internal override Task FollowAsync(
        Machine machine,
        History<JsonElement> history,
        CancellationToken cancellationToken
    ) => Follow is null ? Task.CompletedTask : Follow(machine, Read(history), cancellationToken);

    internal override string? FindDestroyed(History<JsonElement> history) => Destroys?.Invoke(Read(history));

    internal override bool IsToBeProven(History<JsonElement> history) => NeedsProof?.Invoke(Read(history)) ?? false;
}

/// <summary>The kinds that a program knows. Safe from any thread.</summary>
public sealed class ChangeKinds(IEnumerable<ChangeKind> kinds)
{
    private readonly Dictionary<string, ChangeKind> byName = kinds.ToDictionary(kind => kind.Name);

    /// <exception cref="NodeException">UndoFailed: a newer version of the program made the change.</exception>
    public ChangeKind For(string name) =>
        byName.TryGetValue(name, out var kind)
            ? kind
            : throw new NodeException(
                NodeReason.UndoFailed,
                $"cannot take back a change of kind {name}: this version of Holdfast does not know it; use the version that made it"
            );
}
