namespace Holdfast.Store;

/// <summary>
/// One object as it was at one revision. Everybody who asks for the same revision gets the same instance, so that what is
/// read out of its JSON is read once. Immutable: neither the store nor a reader may change <see cref="Json"/>. Thread-safe.
/// </summary>
public sealed class StoredObject
{
    private ObjectHead? head;

    /// <param name="key">What the object is called.</param>
    /// <param name="revision">The write that made this state; it is the object's metadata.resourceVersion.</param>
    /// <param name="json">UTF-8 JSON without metadata.resourceVersion.</param>
    public StoredObject(ObjectKey key, long revision, ReadOnlyMemory<byte> json)
    {
        Key = key;
        Revision = revision;
        Json = json;
    }

    public ObjectKey Key { get; }

    public long Revision { get; }

    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>What the store itself reads in an object; read when it is asked for first.</summary>
    public ObjectHead Head => head ??= ObjectHead.Read(Json.Span);

    public override string ToString() => $"{Key} at {Revision}";
}

/// <summary>All objects of a resource at one revision: watching from <paramref name="Revision"/> misses nothing.</summary>
/// <param name="Revision">The store's revision when the list was read.</param>
/// <param name="Items">In the order of namespace and name.</param>
public sealed record ObjectList(long Revision, IReadOnlyList<StoredObject> Items);
