using System.Runtime.CompilerServices;
using Holdfast.Linux;
using Holdfast.Store.Sqlite;
using Holdfast.Store.Watching;
using Holdfast.Store.Writing;
using Microsoft.Extensions.Logging;

namespace Holdfast.Store;

/// <summary>
/// Kubernetes objects on disk. Every write gets the next revision, is durable when its task completes, and is refused
/// when the object is no longer what the writer saw. Reads see every completed write and never wait for the writer.
/// Thread-safe. One process at a time has a store open.
/// </summary>
public sealed class ObjectStore : IAsyncDisposable
{
    private readonly ObjectStoreOptions options;
    private readonly FileLock fileLock;
    private readonly ReaderPool readers;
    private readonly EventFeed feed;
    private readonly Writer writer;
    private readonly Upkeep upkeep;
    private readonly WriteLane lane = WriteLane.Clients;
    private int disposed;

    private ObjectStore(
        ObjectStoreOptions options,
        FileLock fileLock,
        WriteTransaction transaction,
        TimeProvider time,
        ILogger logger
    )
    {
        this.options = options;
        this.fileLock = fileLock;
        readers = new ReaderPool(options.DatabasePath);
        feed = new EventFeed(transaction.Revision, options.RecentEvents);
        writer = new Writer(transaction, feed, options, time, logger);
        upkeep = new Upkeep(options.DatabasePath, writer, time, logger);
    }

    private ObjectStore(ObjectStore opened, WriteLane lane)
    {
        options = opened.options;
        fileLock = opened.fileLock;
        readers = opened.readers;
        feed = opened.feed;
        writer = opened.writer;
        upkeep = opened.upkeep;
        this.lane = lane;

        // Whoever opened the store closes it.
        disposed = 1;
    }

    /// <summary>The last revision given out. A new store starts at 1.</summary>
    public long Revision => feed.Revision;

    /// <summary>Opens the store, and makes it when it is not there. The directory is made too; the file is for its owner only.</summary>
    /// <param name="options">Where the store lies and how much it keeps.</param>
    /// <param name="time">Gives revisions their age.</param>
    /// <param name="loggers">For what the writer has to say.</param>
    /// <param name="ct">Gives up before the work starts.</param>
    /// <exception cref="StoreException">InUse, Corrupt, NewerVersion, Full, Unavailable.</exception>
    public static Task<ObjectStore> OpenAsync(
        ObjectStoreOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken ct = default
    )
    {
        var logger = loggers.CreateLogger<ObjectStore>();
        return Task.Run(
            () =>
            {
                var (fileLock, transaction) = StoreFile.Open(options);
                logger.StoreOpened(options.DatabasePath, transaction.Revision);
                return new ObjectStore(options, fileLock, transaction, time, logger);
            },
            ct
        );
    }

    /// <summary>The same store for a caller whose writes wait in another lane. Its disposal closes nothing.</summary>
    public ObjectStore InLane(WriteLane writes) => new(this, writes);

    /// <summary>The current state of an object, or null.</summary>
    /// <exception cref="StoreException">Corrupt, Unavailable, Closed.</exception>
    public StoredObject? Get(ObjectKey key) => readers.Read($"read {key}", reader => reader.Get(key));

    /// <summary>All objects of a resource, in one snapshot.</summary>
    /// <param name="resource">Plural resource with its API group.</param>
    /// <param name="ns">Only this namespace; null for all of them and for cluster-scoped resources.</param>
    /// <exception cref="StoreException">Corrupt, Unavailable, Closed.</exception>
    public ObjectList List(string resource, string? ns = null) =>
        readers.Read($"list {resource}", reader => reader.List(resource, ns));

    /// <summary>Writes a new object.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="json">UTF-8 JSON without metadata.resourceVersion. The store keeps this memory: do not change it afterwards.</param>
    /// <param name="ct">Gives up only while the write waits for its turn; a write that is under way is finished.</param>
    /// <exception cref="StoreException">AlreadyExists, TooLarge, Full, Corrupt, Unavailable, Closed.</exception>
    public Task<StoredObject> CreateAsync(ObjectKey key, ReadOnlyMemory<byte> json, CancellationToken ct = default) =>
        WriteAsync(new WriteRequest(WriteKind.Create, key, json, null, ct), ct);

    /// <summary>
    /// Replaces an object. Bytes equal to the current ones make no revision and no event: the current state is returned.
    /// </summary>
    /// <param name="key">Its name.</param>
    /// <param name="json">As for <see cref="CreateAsync"/>.</param>
    /// <param name="expectedRevision">The revision that the new state was made from.</param>
    /// <param name="ct">As for <see cref="CreateAsync"/>.</param>
    /// <exception cref="StoreException">NotFound, Conflict, TooLarge, Full, Corrupt, Unavailable, Closed.</exception>
    public Task<StoredObject> UpdateAsync(
        ObjectKey key,
        ReadOnlyMemory<byte> json,
        long expectedRevision,
        CancellationToken ct = default
    ) => WriteAsync(new WriteRequest(WriteKind.Update, key, json, expectedRevision, ct), ct);

    /// <summary>
    /// Changes an object as it is when its turn comes: there is no conflict, whoever else writes it. As with
    /// <see cref="UpdateAsync"/>, equal bytes make no revision.
    /// </summary>
    /// <param name="key">Its name.</param>
    /// <param name="uid">Its metadata.uid: another object by that name is left alone.</param>
    /// <param name="transform">
    /// Returns the new JSON, or null for no change. Pure and quick: it runs in the thread of all writes, and must not wait for
    /// this store. What it throws is thrown to the caller.
    /// </param>
    /// <param name="ct">As for <see cref="CreateAsync"/>.</param>
    /// <returns>The state after the write.</returns>
    /// <exception cref="StoreException">NotFound, TooLarge, Full, Corrupt, Unavailable, Closed.</exception>
    public Task<StoredObject> TransformAsync(
        ObjectKey key,
        string uid,
        Func<StoredObject, ReadOnlyMemory<byte>?> transform,
        CancellationToken ct = default
    ) =>
        WriteAsync(
            new WriteRequest(WriteKind.Transform, key, default, null, ct) { Uid = uid, Transform = transform },
            ct
        );

    /// <summary>Removes an object and returns its last state, with the revision of the deletion.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="expectedRevision">The revision it must have; null removes whatever is there.</param>
    /// <param name="ct">As for <see cref="CreateAsync"/>.</param>
    /// <exception cref="StoreException">NotFound, Conflict, Full, Corrupt, Unavailable, Closed.</exception>
    public Task<StoredObject> DeleteAsync(ObjectKey key, long? expectedRevision, CancellationToken ct = default) =>
        WriteAsync(new WriteRequest(WriteKind.Delete, key, default, expectedRevision, ct), ct);

    /// <summary>
    /// Every write to a resource after a revision, in order, each exactly once. A slow reader of the watch holds up nobody and
    /// loses nothing, unless it falls behind the log itself: then TooOld, and it lists again.
    /// </summary>
    /// <param name="resource">Plural resource with its API group.</param>
    /// <param name="ns">Only this namespace; null for all.</param>
    /// <param name="afterRevision">Usually <see cref="ObjectList.Revision"/>. 0 is the beginning of a log that was never compacted.</param>
    /// <exception cref="StoreException">TooOld: the revision lies in the future, so this is another store.</exception>
    public ObjectWatch Watch(string resource, string? ns, long afterRevision)
    {
        CheckCanWatchFrom(resource, afterRevision);
        return new ObjectWatch(feed, readers, new Watcher(resource, ns, afterRevision));
    }

    /// <summary>The events of <see cref="Watch"/> one by one, until cancelled.</summary>
    /// <exception cref="StoreException">TooOld, Closed.</exception>
    public async IAsyncEnumerable<StoreEvent> WatchAsync(
        string resource,
        string? ns,
        long afterRevision,
        [EnumeratorCancellation] CancellationToken ct = default
    )
    {
        using var watch = Watch(resource, ns, afterRevision);
        while (true)
        {
            foreach (var e in await watch.ReadAsync(ct))
            {
                yield return e;
            }
        }
    }

    /// <summary>Finishes the writes that wait, ends all watches with Closed, and lets go of the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            feed.Close();
            await upkeep.DisposeAsync();
            await writer.StopAsync();
            readers.Dispose();
            fileLock.Dispose();
        }
    }

    private Task<StoredObject> WriteAsync(WriteRequest request, CancellationToken ct)
    {
        if (request.Json.Length > options.MaxObjectBytes)
        {
            var cause = options.SayTooLarge(request.Json.Length);
            throw new StoreException(StoreReason.TooLarge, $"cannot {request.Doing}: {cause}");
        }

        return writer.Enqueue(request, lane, ct);
    }

    private void CheckCanWatchFrom(string resource, long afterRevision)
    {
        // A list sees a commit a moment before the watchers are told of it, and may be where the watch goes on from.
        if (
            afterRevision > Revision
            && afterRevision > readers.Read($"watch {resource}", reader => reader.CurrentRevision())
        )
        {
            throw new StoreException(
                StoreReason.TooOld,
                $"cannot watch {resource} from revision {afterRevision}: the store is only at {Revision}, so it is not "
                    + "the store that gave this revision. List again and watch from there."
            );
        }
    }
}
