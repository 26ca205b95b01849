using System.Text.Json.Nodes;
using Holdfast.Kube;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.Status;

/// <summary>
/// Writes the status of one pod: never more than one write under way, and of several waiting only the newest, so that a
/// restless pod does not wear the disk. Thread-safe.
/// </summary>
internal sealed class PodStatusWriter(
    ObjectStore store,
    ObjectKey key,
    string uid,
    TimeProvider time,
    ILogger logger,
    CancellationToken lifetime
)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    // A pod is usually running before that: then what led there need not be written at all.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    private readonly Lock gate = new();
    private PodStatus? waiting;
    private ITimer? later;
    private Task running = Task.CompletedTask;

    /// <summary>Revision of our own last write, which the watch will report back to us.</summary>
    public long LastRevision { get; private set; }

    public void Write(PodStatus status)
    {
        lock (gate)
        {
            waiting = status;
            Start();
        }
    }

    /// <summary>Writes it unless something newer comes within a moment.</summary>
    public void WriteSoon(PodStatus status)
    {
        lock (gate)
        {
            waiting = status;
            later ??= time.CreateTimer(_ => _ = FlushAsync(), null, Patience, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Completes when everything that was given is written.</summary>
    public Task FlushAsync()
    {
        lock (gate)
        {
            if (waiting is not null)
            {
                Start();
            }

            return running;
        }
    }

    private void Start()
    {
        later?.Dispose();
        later = null;
        if (running.IsCompleted)
        {
            running = Task.Run(WriteWaitingAsync, CancellationToken.None);
        }
    }

    private async Task WriteWaitingAsync()
    {
        while (true)
        {
            PodStatus status;
            lock (gate)
            {
                if (waiting is null)
                {
                    // Completed under the lock, so that no later Write can see a task that will not look again.
                    running = Task.CompletedTask;
                    return;
                }

                status = waiting;
                waiting = null;
            }

            try
            {
                var written = await store.UpdateAsync(key, stored => Merge(stored, status), lifetime);
                LastRevision = written.Revision;
            }
            catch (StoreException e) when (e.Reason is StoreReason.NotFound or StoreReason.Closed)
            {
                // Nobody is left to tell.
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StoreException e)
            {
                logger.StatusNotWritten(key.ToString(), RetryPause.TotalSeconds, e);
                await RetryLaterAsync(status);
            }
        }
    }

    private async Task RetryLaterAsync(PodStatus status)
    {
        lock (gate)
        {
            waiting ??= status;
        }

        try
        {
            await Task.Delay(RetryPause, time, lifetime);
        }
        catch (OperationCanceledException)
        {
            // The next turn of the loop ends for the same reason.
        }
    }

    /// <summary>Only status is replaced, and in it only what is the agent's; null when nothing would change.</summary>
    private ReadOnlyMemory<byte>? Merge(StoredObject stored, PodStatus status)
    {
        var pod = KubeObject.Parse(stored.Json.Span);
        if (pod.Uid != uid)
        {
            return null;
        }

        var wanted = (JsonObject)KubeJson.ToNode(status);
        if (pod.Json["status"] is JsonObject old)
        {
            KeepForeignConditions(old, wanted);
            if (JsonNode.DeepEquals(old, wanted))
            {
                return null;
            }
        }

        pod.Json["status"] = wanted;
        return pod.ToUtf8();
    }

    private static void KeepForeignConditions(JsonObject old, JsonObject wanted)
    {
        if (old["conditions"] is not JsonArray conditions || wanted["conditions"] is not JsonArray ours)
        {
            return;
        }

        foreach (var condition in conditions)
        {
            if (condition?["type"]?.GetValue<string>() is { } type && !PodConditions.Own.Contains(type))
            {
                ours.Add(condition.DeepClone());
            }
        }
    }
}
