using Holdfast.Linux;
using Holdfast.Store;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// Keys of objects to reconcile, each at most once, some of them later. Any thread adds; a single consumer takes a key and
/// ends its turn with <see cref="Done"/> or <see cref="BackOff"/>. Bounded by the number of objects in the store. Times are
/// of the monotonic clock.
/// </summary>
internal sealed class KeyQueue(TimeProvider clock)
{
    /// <summary>Outdated entries of <see cref="byTime"/> that are kept before it is built anew.</summary>
    private const int OutdatedKept = 64;

    private readonly Lock gate = new();
    private readonly Queue<ObjectKey> ready = [];
    private readonly HashSet<ObjectKey> waiting = [];
    private readonly Dictionary<ObjectKey, Due> later = [];

    /// <summary>Has an entry for each key of <see cref="later"/>; an entry with another time than the key's is outdated.</summary>
    private readonly PriorityQueue<ObjectKey, long> byTime = new();
    private ObjectKey? taken;
    private bool wasTouched;
    private TaskCompletionSource signal = NewSignal();

    /// <summary>Reconciles the key as soon as possible, also when it is in back-off.</summary>
    public void Add(ObjectKey key)
    {
        lock (gate)
        {
            AddNow(key);
        }
    }

    /// <summary>
    /// As <see cref="Add"/>, but a key in back-off stays there, and a key whose turn runs comes again only if the turn
    /// succeeds. For changes that the reconciliation itself may have made: a status that tells of the last failure.
    /// </summary>
    public void Touch(ObjectKey key)
    {
        lock (gate)
        {
            if (key == taken)
            {
                wasTouched = true;
            }
            else if (!later.TryGetValue(key, out var due) || !due.IsBackOff)
            {
                AddNow(key);
            }
        }
    }

    /// <summary>An earlier time that is already set stays.</summary>
    public void AddAfter(ObjectKey key, TimeSpan delay)
    {
        lock (gate)
        {
            AddLater(key, delay, isBackOff: false);
        }
    }

    /// <summary>Ends the turn of the key taken last. It comes again after <paramref name="again"/>, if that is given.</summary>
    public void Done(TimeSpan? again)
    {
        lock (gate)
        {
            var key = taken!.Value;
            taken = null;
            if (wasTouched)
            {
                AddNow(key);
            }
            else if (again is { } delay)
            {
                AddLater(key, delay, isBackOff: false);
            }
        }
    }

    /// <summary>Ends the turn of the key taken last, which failed. Only <see cref="Add"/> brings it again before the delay is over.</summary>
    public void BackOff(TimeSpan delay)
    {
        lock (gate)
        {
            var key = taken!.Value;
            taken = null;
            AddLater(key, delay, isBackOff: true);
        }
    }

    public async Task<ObjectKey> TakeAsync(CancellationToken ct)
    {
        while (true)
        {
            Task changed;
            TimeSpan? pause;
            lock (gate)
            {
                pause = Promote();
                if (ready.TryDequeue(out var key))
                {
                    waiting.Remove(key);
                    taken = key;
                    wasTouched = false;
                    return key;
                }

                if (signal.Task.IsCompleted)
                {
                    signal = NewSignal();
                }

                changed = signal.Task;
            }

            if (pause is { } time)
            {
                using var timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
                await Task.WhenAny(changed, clock.WaitAsync(time, timer.Token));
                await timer.CancelAsync();
                ct.ThrowIfCancellationRequested();
            }
            else
            {
                await changed.WaitAsync(ct);
            }
        }
    }

    private void AddNow(ObjectKey key)
    {
        later.Remove(key);
        if (waiting.Add(key))
        {
            ready.Enqueue(key);
            signal.TrySetResult();
        }
    }

    private void AddLater(ObjectKey key, TimeSpan delay, bool isBackOff)
    {
        if (waiting.Contains(key))
        {
            return;
        }

        var at = clock.GetTimestamp() + (long)(Waits.Clamp(delay).TotalSeconds * clock.TimestampFrequency);
        if (!isBackOff && later.TryGetValue(key, out var set) && set.At <= at)
        {
            return;
        }

        later[key] = new(at, isBackOff);
        if (byTime.Count > (2 * later.Count) + OutdatedKept)
        {
            byTime.Clear();
            byTime.EnqueueRange(later.Select(l => (l.Key, l.Value.At)));
        }
        else
        {
            byTime.Enqueue(key, at);
        }

        if (byTime.Peek() == key)
        {
            signal.TrySetResult();
        }
    }

    /// <summary>Moves what is due to the ready ones; returns the time until the next is.</summary>
    private TimeSpan? Promote()
    {
        var now = clock.GetTimestamp();
        while (byTime.TryPeek(out var key, out var at))
        {
            var isCurrent = later.TryGetValue(key, out var due) && due.At == at;
            if (isCurrent && at > now)
            {
                return clock.GetElapsedTime(now, at);
            }

            byTime.Dequeue();
            if (isCurrent)
            {
                AddNow(key);
            }
        }

        return null;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly record struct Due(long At, bool IsBackOff);
}
