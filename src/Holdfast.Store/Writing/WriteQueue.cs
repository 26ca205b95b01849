using Holdfast.Store.Sqlite;

namespace Holdfast.Store.Writing;

/// <summary>
/// Writes that wait for the writer, in two lanes. A batch takes the Agent's first, and leaves a share for clients, so that
/// neither waits for all of the other's. Bounded: whoever adds to a full lane waits. Thread-safe; one thread takes.
/// </summary>
internal sealed class WriteQueue
{
    private readonly object gate = new();
    private readonly Lane agent = new();
    private readonly Lane clients = new();
    private bool closed;

    /// <exception cref="StoreException">Closed.</exception>
    public async ValueTask AddAsync(WriteRequest request, WriteLane lane, CancellationToken ct)
    {
        var target = lane == WriteLane.Agent ? agent : clients;
        await target.Room.WaitAsync(ct);
        lock (gate)
        {
            if (closed)
            {
                target.Room.Release();
                throw ReaderPool.Closed(request.Doing);
            }

            target.Requests.Enqueue(request);
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Blocks until there is a write. False when the queue is closed and empty.</summary>
    public bool TakeBatch(List<WriteRequest> batch)
    {
        batch.Clear();
        lock (gate)
        {
            while (agent.Requests.Count + clients.Requests.Count == 0)
            {
                if (closed)
                {
                    return false;
                }

                Monitor.Wait(gate);
            }

            var bytes = 0;
            Take(agent, batch, StoreLimits.WritesPerCommit - StoreLimits.ClientWritesPerCommit, ref bytes);
            Take(clients, batch, StoreLimits.WritesPerCommit, ref bytes);
            Take(agent, batch, StoreLimits.WritesPerCommit, ref bytes);
            return true;
        }
    }

    /// <summary>Refuses further writes; those that wait can still be taken.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
            Monitor.PulseAll(gate);
        }
    }

    private static void Take(Lane lane, List<WriteRequest> batch, int until, ref int bytes)
    {
        var before = batch.Count;
        while (batch.Count < until && bytes < StoreLimits.BytesPerCommit && lane.Requests.TryDequeue(out var request))
        {
            batch.Add(request);
            bytes += request.Json.Length;
        }

        if (batch.Count > before)
        {
            lane.Room.Release(batch.Count - before);
        }
    }

    private sealed class Lane
    {
        public Queue<WriteRequest> Requests { get; } = [];
        public SemaphoreSlim Room { get; } = new(StoreLimits.QueuedWrites, StoreLimits.QueuedWrites);
    }
}
