namespace Holdfast.Store;

/// <summary>What a write did to its object.</summary>
public enum StoreEventKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>One write, as a watcher sees it. Immutable.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Object">The new state; for a deletion the last state, with the revision of the deletion.</param>
public sealed record StoreEvent(StoreEventKind Kind, StoredObject Object);
