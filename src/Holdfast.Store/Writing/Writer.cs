using Holdfast.Linux;
using Holdfast.Store.Sqlite;
using Holdfast.Store.Watching;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Holdfast.Store.Writing;

/// <summary>
/// The one thread that writes. It takes all writes that wait, commits them together (one fsync for all), tells the
/// watchers, then the callers. A thread of its own, because fsync blocks and the machine may have two cores.
/// <see cref="Enqueue"/> is thread-safe.
/// </summary>
internal sealed class Writer
{
    private readonly WriteQueue queue = new();
    private readonly List<WriteRequest> batch = [];
    private readonly List<StoreEvent> events = [];
    private readonly WriteTransaction transaction;
    private readonly EventFeed feed;
    private readonly ObjectStoreOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool mustReadBack;
    private bool hasWarnedOfLog;
    private volatile bool isVacuumWanted;

    public Writer(
        WriteTransaction transaction,
        EventFeed feed,
        ObjectStoreOptions options,
        TimeProvider time,
        ILogger logger
    )
    {
        this.transaction = transaction;
        this.feed = feed;
        this.options = options;
        this.time = time;
        this.logger = logger;
        new Thread(Run) { IsBackground = true, Name = "store-writer" }.Start();
    }

    public async Task<StoredObject> Enqueue(WriteRequest request, WriteLane lane, CancellationToken ct)
    {
        await queue.AddAsync(request, lane, ct);
        return await request.Task;
    }

    /// <summary>Commits what is queued, then ends the thread and closes the connection.</summary>
    public Task StopAsync()
    {
        queue.Close();
        return stopped.Task;
    }

    /// <summary>Gives space back after the next commit, if most of the file is free.</summary>
    public void GiveBackFreePages() => isVacuumWanted = true;

    private void Run()
    {
        while (queue.TakeBatch(batch))
        {
            CommitBatch();
            LookAfterFiles();
        }

        try
        {
            transaction.Dispose();
        }
        catch (SqliteException e)
        {
            // Closing copies the write-ahead log back; if it cannot, the next open does.
            logger.CommitFailed(0, e.Message);
        }

        stopped.TrySetResult();
    }

    private void CommitBatch()
    {
        events.Clear();
        try
        {
            ReadBackIfNeeded();
            transaction.Begin();
            ApplyBatch();
            if (events.Count == 0)
            {
                transaction.EndWithoutChange();
            }
            else
            {
                transaction.Compact(Now());
                FaultPoint.Reach("store.before-commit");
                transaction.Commit();
                FaultPoint.Reach("store.after-commit");
            }
        }
        catch (SqliteException e)
        {
            logger.CommitFailed(batch.Count, e.Message);
            FailBatch(request => e.ToStoreException(request.Doing, options.DatabasePath));
            return;
        }
        catch (Exception e)
        {
            // A bug must reach the callers; the thread goes on, or every later write would hang.
            logger.InternalError(e);
            FailBatch(_ => e);
            return;
        }

        // Watchers first: who sees its write done must find it in the store's revision.
        feed.Publish(events);
        foreach (var request in batch)
        {
            request.Complete();
        }
    }

    private void LookAfterFiles()
    {
        try
        {
            if (isVacuumWanted)
            {
                isVacuumWanted = false;
                transaction.GiveBackFreePages();
            }

            var log = new FileInfo(options.DatabasePath + "-wal");
            var isLarge = log.Exists && log.Length > options.WalWarnedBytes;
            if (isLarge && !hasWarnedOfLog)
            {
                logger.LogGrows(options.DatabasePath, log.Length);
            }

            hasWarnedOfLog = isLarge;
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            logger.UpkeepFailed(e.Message);
        }
    }

    private void ApplyBatch()
    {
        foreach (var request in batch)
        {
            if (!request.IsGivenUp)
            {
                Apply(request);
            }
        }
    }

    private void Apply(WriteRequest request)
    {
        var current = transaction.Current(request.Key);
        if (request.Kind == WriteKind.Create)
        {
            if (current is not null)
            {
                request.Refuse(StoreReason.AlreadyExists, "it already exists");
                return;
            }

            Write(request, StoreEventKind.Added, null, request.Json);
            return;
        }

        if (current is null)
        {
            request.Refuse(StoreReason.NotFound, "there is no such object");
        }
        else if (request.ExpectedRevision is { } expected && expected != current.Revision)
        {
            request.Refuse(
                StoreReason.Conflict,
                $"revision {expected} was expected and {current.Revision} is there; read it again"
            );
        }
        else if (request.Kind == WriteKind.Delete)
        {
            Write(request, StoreEventKind.Deleted, current, current.Json);
        }
        else if (request.Kind == WriteKind.Update)
        {
            Replace(request, current, request.Json);
        }
        else if (current.Head.Uid != request.Uid)
        {
            request.Refuse(StoreReason.NotFound, "another object has this name");
        }
        else
        {
            Transform(request, current);
        }
    }

    private void Transform(WriteRequest request, StoredObject current)
    {
        ReadOnlyMemory<byte>? json;
        try
        {
            json = request.Transform!(current);
        }
        catch (Exception e)
        {
            // The caller's bug is the caller's: the other writes of the commit have nothing to do with it.
            request.Refuse(e);
            return;
        }

        if (json is not { } bytes)
        {
            request.Succeed(current);
        }
        else if (bytes.Length > options.MaxObjectBytes)
        {
            request.Refuse(StoreReason.TooLarge, options.SayTooLarge(bytes.Length));
        }
        else
        {
            Replace(request, current, bytes);
        }
    }

    private void Replace(WriteRequest request, StoredObject current, ReadOnlyMemory<byte> json)
    {
        if (json.Span.SequenceEqual(current.Json.Span))
        {
            // As Kubernetes does it: a write that changes nothing makes no revision (and costs the flash nothing).
            request.Succeed(current);
        }
        else
        {
            Write(request, StoreEventKind.Modified, current, json);
        }
    }

    private void Write(WriteRequest request, StoreEventKind kind, StoredObject? previous, ReadOnlyMemory<byte> json)
    {
        var written = transaction.Write(kind, previous, request.Key, json, Now());
        request.Succeed(written);
        events.Add(new StoreEvent(kind, written));
    }

    private void FailBatch(Func<WriteRequest, Exception> failure)
    {
        mustReadBack = true;
        try
        {
            ReadBackIfNeeded();
        }
        catch (SqliteException e)
        {
            logger.ReadBackFailed(e.Message);
        }

        foreach (var request in batch)
        {
            request.Fail(failure(request));
        }
    }

    /// <summary>
    /// After a failed commit the file decides what happened. If the commit is in it after all (the disk reported an error
    /// late), watchers must learn of it from the log.
    /// </summary>
    private void ReadBackIfNeeded()
    {
        if (mustReadBack)
        {
            transaction.Rollback();
            feed.Reset(transaction.Revision);
            mustReadBack = false;
        }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
