namespace Holdfast.Store;

/// <summary>
/// One object as it was at one revision. Immutable: neither the store nor a reader may change <paramref name="Json"/>.
/// </summary>
/// <param name="Key">What the object is called.</param>
/// <param name="Revision">The write that made this state; it is the object's metadata.resourceVersion.</param>
/// <param name="Json">UTF-8 JSON without metadata.resourceVersion.</param>
public sealed record StoredObject(ObjectKey Key, long Revision, ReadOnlyMemory<byte> Json);

/// <summary>All objects of a resource at one revision: watching from <paramref name="Revision"/> misses nothing.</summary>
/// <param name="Revision">The store's revision when the list was read.</param>
/// <param name="Items">In the order of namespace and name.</param>
public sealed record ObjectList(long Revision, IReadOnlyList<StoredObject> Items);
