using System.Diagnostics;

namespace Holdfast.Store.Watching;

/// <summary>What a watcher does next.</summary>
internal enum FeedStep
{
    /// <summary>Events were taken from memory.</summary>
    Taken,

    /// <summary>The watcher is too far behind for the memory: it reads the log.</summary>
    ReadLog,

    /// <summary>Nothing to see yet: the watcher awaits its signal.</summary>
    Wait,
}

/// <summary>
/// The newest events, in a ring bounded by count and bytes, and the watchers that wait for the next one. The writer never
/// waits for a watcher: one that falls behind the ring reads the log instead. Events of other resources neither wake nor cost
/// a waiting watcher anything, and it never gets "too old" because of them. Thread-safe.
/// </summary>
internal sealed class EventFeed(long revision, int capacity)
{
    private readonly Lock gate = new();
    private readonly StoreEvent?[] ring = new StoreEvent?[capacity];

    /// <summary>
    /// Those that wait, by resource. One stays here until an event concerns it, so all events up to <see cref="revision"/>
    /// that are later than its position are none of its.
    /// </summary>
    private readonly Dictionary<string, HashSet<Watcher>> waiting = [];
    private long revision = revision;

    /// <summary>The ring holds exactly the events after this revision, up to <see cref="revision"/>.</summary>
    private long floor = revision;
    private long bytes;
    private bool closed;

    /// <summary>The last revision that watchers may see.</summary>
    public long Revision => Volatile.Read(ref revision);

    /// <summary>Adds the events of one commit. Their revisions follow the last one without a gap.</summary>
    public void Publish(List<StoreEvent> events)
    {
        if (events.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            var before = revision;
            foreach (var e in events)
            {
                Append(e);
            }

            AssertInvariants();
            var resource = "";
            foreach (var e in events)
            {
                // Most commits are of one resource: its watchers are looked at once.
                if (e.Object.Key.Resource != resource)
                {
                    resource = e.Object.Key.Resource;
                    Wake(
                        resource,
                        before,
                        w => events.Exists(e => e.Object.Revision > w.Position && w.Wants(e.Object.Key))
                    );
                }
            }
        }
    }

    /// <summary>Forgets the ring: from here on it starts after <paramref name="newest"/>, and everybody looks into the log.</summary>
    public void Reset(long newest)
    {
        lock (gate)
        {
            var before = revision;
            Array.Clear(ring);
            bytes = 0;
            floor = newest;
            Volatile.Write(ref revision, newest);
            foreach (var resource in waiting.Keys.ToList())
            {
                Wake(resource, before, watcher => Math.Max(watcher.Position, before) < newest);
            }
        }
    }

    /// <summary>Ends all watches.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            foreach (var resource in waiting.Keys.ToList())
            {
                Wake(resource, revision, _ => true);
            }
        }
    }

    /// <summary>Takes the next events for a watcher, or says what it has to do instead.</summary>
    public FeedStep Take(Watcher watcher, List<StoreEvent> into)
    {
        lock (gate)
        {
            ThrowIfClosed();
            if (watcher.Position >= revision)
            {
                watcher.Signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (!waiting.TryGetValue(watcher.Resource, out var others))
                {
                    waiting[watcher.Resource] = others = [];
                }

                others.Add(watcher);
                return FeedStep.Wait;
            }

            if (watcher.Position < floor)
            {
                return FeedStep.ReadLog;
            }

            while (watcher.Position < revision && into.Count < StoreLimits.EventsPerTake)
            {
                var e = ring[Slot(++watcher.Position)]!;
                if (watcher.Wants(e.Object.Key))
                {
                    into.Add(e);
                }
            }

            return FeedStep.Taken;
        }
    }

    /// <summary>Up to where a watcher that waits has seen all that concerns it; null for one that does not wait.</summary>
    public long? PositionWhileWaiting(Watcher watcher)
    {
        lock (gate)
        {
            return waiting.TryGetValue(watcher.Resource, out var others) && others.Contains(watcher)
                ? Math.Max(watcher.Position, revision)
                : null;
        }
    }

    /// <summary>A watcher that ends while it waits must be forgotten.</summary>
    public void Leave(Watcher watcher)
    {
        lock (gate)
        {
            if (waiting.TryGetValue(watcher.Resource, out var others))
            {
                others.Remove(watcher);
                DropIfEmpty(watcher.Resource, others);
            }
        }
    }

    private int Slot(long at) => (int)(at % capacity);

    private void Append(StoreEvent e)
    {
        if (revision - floor == capacity)
        {
            DropOldest();
        }

        Volatile.Write(ref revision, e.Object.Revision);
        ring[Slot(revision)] = e;
        bytes += e.Object.Json.Length;
        while (bytes > StoreLimits.RecentBytes)
        {
            DropOldest();
        }
    }

    private void DropOldest()
    {
        ref var slot = ref ring[Slot(++floor)];
        bytes -= slot!.Object.Json.Length;
        slot = null;
    }

    /// <summary>Wakes those watchers of a resource that are concerned; nothing up to <paramref name="before"/> was theirs.</summary>
    private void Wake(string resource, long before, Predicate<Watcher> isConcerned)
    {
        if (!waiting.TryGetValue(resource, out var watchers))
        {
            return;
        }

        watchers.RemoveWhere(watcher =>
        {
            if (!isConcerned(watcher))
            {
                return false;
            }

            watcher.Position = Math.Max(watcher.Position, before);
            watcher.Signal.TrySetResult();
            return true;
        });
        DropIfEmpty(resource, watchers);
    }

    private void DropIfEmpty(string resource, HashSet<Watcher> watchers)
    {
        if (watchers.Count == 0)
        {
            waiting.Remove(resource);
        }
    }

    private void ThrowIfClosed()
    {
        if (closed)
        {
            throw new StoreException(StoreReason.Closed, "cannot watch: the store is closed");
        }
    }

    [Conditional("DEBUG")]
    private void AssertInvariants()
    {
        Debug.Assert(floor <= revision && revision - floor <= capacity, "internal error: ring bounds");
        Debug.Assert(bytes >= 0 && bytes <= StoreLimits.RecentBytes, "internal error: ring bytes");
    }
}
