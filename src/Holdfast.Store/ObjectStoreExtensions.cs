namespace Holdfast.Store;

/// <summary>What callers do with a store again and again. Thread-safe, as the store is.</summary>
public static class ObjectStoreExtensions
{
    /// <summary>Reads, changes and writes an object, again after each conflict.</summary>
    /// <param name="store">The store.</param>
    /// <param name="key">The object.</param>
    /// <param name="change">Pure: may run several times. Returns the new JSON, or null when there is nothing to change.</param>
    /// <param name="ct">Gives up between tries.</param>
    /// <returns>The state after the write, or the current one when there was nothing to change.</returns>
    /// <exception cref="StoreException">NotFound: there is no such object; and all that a write can throw.</exception>
    public static async Task<StoredObject> UpdateAsync(
        this ObjectStore store,
        ObjectKey key,
        Func<StoredObject, ReadOnlyMemory<byte>?> change,
        CancellationToken ct
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            var current =
                store.Get(key)
                ?? throw new StoreException(StoreReason.NotFound, $"cannot update {key}: there is no such object");
            if (change(current) is not { } json)
            {
                return current;
            }

            try
            {
                return await store.UpdateAsync(key, json, current.Revision, ct);
            }
            catch (StoreException e) when (e.Reason == StoreReason.Conflict && attempt < StoreLimits.ConflictRetries)
            {
                ct.ThrowIfCancellationRequested();
            }
        }
    }
}
