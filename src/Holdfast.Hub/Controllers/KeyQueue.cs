using Holdfast.Store;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// Objects that want attention, each at most once, some of them later. Any thread adds, one consumer takes. Bounded by the
/// number of objects in the store.
/// </summary>
internal sealed class KeyQueue(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Queue<ObjectKey> ready = [];
    private readonly HashSet<ObjectKey> waiting = [];
    private readonly Dictionary<ObjectKey, DateTimeOffset> later = [];
    private TaskCompletionSource signal = NewSignal();

    public void Add(ObjectKey key)
    {
        lock (gate)
        {
            later.Remove(key);
            if (waiting.Add(key))
            {
                ready.Enqueue(key);
                signal.TrySetResult();
            }
        }
    }

    /// <summary>An earlier time that is already set stays.</summary>
    public void AddAfter(ObjectKey key, TimeSpan delay)
    {
        var due = clock.GetUtcNow() + delay;
        lock (gate)
        {
            if (!waiting.Contains(key) && (!later.TryGetValue(key, out var set) || due < set))
            {
                later[key] = due;
                signal.TrySetResult();
            }
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
                await Task.WhenAny(changed, Task.Delay(time, clock, timer.Token));
                await timer.CancelAsync();
                ct.ThrowIfCancellationRequested();
            }
            else
            {
                await changed.WaitAsync(ct);
            }
        }
    }

    /// <summary>Moves what is due to the ready ones; returns the time until the next is.</summary>
    private TimeSpan? Promote()
    {
        if (later.Count == 0)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        TimeSpan? next = null;
        List<ObjectKey>? due = null;
        foreach (var (key, time) in later)
        {
            if (time <= now)
            {
                (due ??= []).Add(key);
            }
            else if (next is null || time - now < next)
            {
                next = time - now;
            }
        }

        foreach (var key in due ?? [])
        {
            later.Remove(key);
            if (waiting.Add(key))
            {
                ready.Enqueue(key);
            }
        }

        return next;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
