using Holdfast.Store.Sqlite;
using Holdfast.Store.Watching;

namespace Holdfast.Store;

/// <summary>
/// One watch of a resource: every write after a revision, in order, each exactly once. A slow reader holds up nobody and
/// loses nothing, unless it falls behind the log itself. For one task, which may ask for the position while it reads.
/// </summary>
public sealed class ObjectWatch : IDisposable
{
    private readonly EventFeed feed;
    private readonly ReaderPool readers;
    private readonly Watcher watcher;
    private readonly List<StoreEvent> events = [];

    /// <summary>Where the events begin that the last read returned: they count as seen from the next read on.</summary>
    private long settled;

    /// <summary>The position told last: it never goes back.</summary>
    private long told;

    internal ObjectWatch(EventFeed feed, ReaderPool readers, Watcher watcher)
    {
        this.feed = feed;
        this.readers = readers;
        this.watcher = watcher;
        settled = watcher.Position;
    }

    /// <summary>
    /// Every event up to this revision was seen, or does not concern this watch: another watch from here misses nothing. What
    /// a read returns counts as seen when the next one is called. Advances while the resource is quiet and others are written.
    /// </summary>
    public long Position => told = Math.Max(told, feed.PositionWhileWaiting(watcher) ?? Volatile.Read(ref settled));

    /// <summary>Waits for events. The list is the watch's own and good until the next call.</summary>
    /// <exception cref="StoreException">TooOld: list again and watch from there. Closed.</exception>
    public async ValueTask<IReadOnlyList<StoreEvent>> ReadAsync(CancellationToken ct)
    {
        events.Clear();
        while (events.Count == 0)
        {
            ct.ThrowIfCancellationRequested();
            Volatile.Write(ref settled, watcher.Position);
            switch (feed.Take(watcher, events))
            {
                case FeedStep.Wait:
                    await watcher.Signal.Task.WaitAsync(ct);
                    break;
                case FeedStep.ReadLog:
                    ReadLog();
                    break;
            }
        }

        return events;
    }

    public void Dispose() => feed.Leave(watcher);

    private void ReadLog()
    {
        var page = readers.Read(
            $"watch {watcher.Resource}",
            reader => reader.ReadLog(watcher.Resource, watcher.Namespace, watcher.Position)
        );
        if (watcher.Position < page.Compacted)
        {
            throw new StoreException(
                StoreReason.TooOld,
                $"cannot watch {watcher.Resource} from revision {watcher.Position}: the log starts after "
                    + $"{page.Compacted}. List again and watch from there."
            );
        }

        events.AddRange(page.Events);
        watcher.Position = page.CompleteTo;
    }
}
