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
/// waits for a watcher: one that falls behind the ring reads the log instead. A waiting watcher is moved on past events
/// that do not concern it, so a quiet resource is never "too old" because others are busy. Thread-safe.
/// </summary>
internal sealed class EventFeed(long revision, int capacity)
{
    private readonly Lock gate = new();
    private readonly StoreEvent?[] ring = new StoreEvent?[capacity];
    private readonly HashSet<Watcher> waiting = [];
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
            foreach (var e in events)
            {
                Append(e);
            }

            AssertInvariants();
            Wake(watcher => events.Exists(e => e.Object.Revision > watcher.Position && watcher.Wants(e.Object.Key)));
        }
    }

    /// <summary>Forgets the ring: from here on it starts after <paramref name="newest"/>, and everybody looks into the log.</summary>
    public void Reset(long newest)
    {
        lock (gate)
        {
            Array.Clear(ring);
            bytes = 0;
            floor = newest;
            Volatile.Write(ref revision, newest);
            Wake(watcher => watcher.Position < newest);
        }
    }

    /// <summary>Ends all watches.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Wake(_ => true);
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
                waiting.Add(watcher);
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

    /// <summary>A watcher that ends while it waits must be forgotten.</summary>
    public void Leave(Watcher watcher)
    {
        lock (gate)
        {
            waiting.Remove(watcher);
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

    private void Wake(Predicate<Watcher> isConcerned)
    {
        waiting.RemoveWhere(watcher =>
        {
            if (isConcerned(watcher))
            {
                watcher.Signal.TrySetResult();
                return true;
            }

            watcher.Position = Math.Max(watcher.Position, revision);
            return false;
        });
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
