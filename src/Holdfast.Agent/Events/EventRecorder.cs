using System.Globalization;
using System.Threading.Channels;
using Holdfast.Kube;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.Events;

/// <summary>
/// Writes what happened to objects as core/v1 Events. The same happening again raises the count of its Event instead of
/// making another. Recording never waits and never fails the caller: an event is worth less than the pod it is about.
/// Thread-safe.
/// </summary>
internal sealed class EventRecorder(ObjectStore store, string nodeName, TimeProvider time, ILogger logger)
{
    // client-go's EventBroadcaster queues 1000 and its correlator remembers 4096; an edge node has fewer pods.
    private const int MaxQueued = 1000;
    private const int MaxRemembered = 1024;

    // Nobody waits for an event; what comes together is written together.
    private static readonly TimeSpan BatchPause = TimeSpan.FromMilliseconds(250);

    private const string Component = "holdfast-agent";
    private const string ClusterScopedNamespace = "default";

    private readonly Channel<Happening> queue = Channel.CreateBounded<Happening>(
        new BoundedChannelOptions(MaxQueued) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
    );
    private readonly Dictionary<Identity, ObjectKey> remembered = [];

    public void Normal(ObjectReference about, string reason, string message) => Add(about, "Normal", reason, message);

    public void Warning(ObjectReference about, string reason, string message) => Add(about, "Warning", reason, message);

    /// <summary>Writes what was recorded until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var batch = new List<Happening>();
        while (await queue.Reader.WaitToReadAsync(ct))
        {
            await Task.Delay(BatchPause, time, ct);
            batch.Clear();
            while (queue.Reader.TryRead(out var happening))
            {
                batch.Add(happening);
            }

            // Written together, the store makes one transaction of them: one fsync instead of one per event.
            await Task.WhenAll(batch.GroupBy(h => h.Identity).Select(g => WriteAsync([.. g], ct)));
        }
    }

    private void Add(ObjectReference about, string type, string reason, string message)
    {
        var identity = new Identity(about.Uid ?? "", about.FieldPath ?? "", type, reason, message);
        queue.Writer.TryWrite(new Happening(identity, about, time.GetUtcNow()));
    }

    private async Task WriteAsync(Happening[] same, CancellationToken ct)
    {
        try
        {
            ObjectKey known;
            lock (remembered)
            {
                remembered.TryGetValue(same[0].Identity, out known);
            }

            if (known.Name is null || !await RaiseCountAsync(known, same, ct))
            {
                await CreateAsync(same, ct);
            }
        }
        catch (Exception e) when (e is KubeException or StoreException)
        {
            logger.EventNotWritten(same[0].Identity.Reason, e);
        }
    }

    private async Task<bool> RaiseCountAsync(ObjectKey key, Happening[] same, CancellationToken ct)
    {
        try
        {
            await store.UpdateAsync(
                key,
                stored =>
                {
                    var old = KubeJson.Deserialize<Event>(stored.Json.Span);
                    return KubeJson.Serialize(
                        old with
                        {
                            Count = (old.Count ?? 1) + same.Length,
                            LastTimestamp = same[^1].At,
                        }
                    );
                },
                ct
            );
            return true;
        }
        catch (Exception e) when (e is KubeException or StoreException { Reason: StoreReason.NotFound })
        {
            // It has expired, or somebody wrote it so that it cannot be read: what happens now is told anew.
            return false;
        }
    }

    private async Task CreateAsync(Happening[] same, CancellationToken ct)
    {
        var (identity, about, at) = same[0];
        var ns = string.IsNullOrEmpty(about.Namespace) ? ClusterScopedNamespace : about.Namespace;
        var name =
            $"{about.Name}.{(at.UtcTicks + Random.Shared.Next(10_000)).ToString("x16", CultureInfo.InvariantCulture)}";
        var written = new Event
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Namespace = ns,
                Uid = Guid.NewGuid().ToString(),
                CreationTimestamp = at,
            },
            InvolvedObject = about,
            Reason = identity.Reason,
            Message = identity.Message,
            Type = identity.Type,
            Count = same.Length,
            FirstTimestamp = at,
            LastTimestamp = same[^1].At,
            Source = new EventSource { Component = Component, Host = nodeName },
            ReportingComponent = Component,
            ReportingInstance = nodeName,
        };
        var key = new ObjectKey(ResourceNames.Events, ns, name);
        await store.CreateAsync(key, KubeJson.Serialize(written), ct);
        lock (remembered)
        {
            if (remembered.Count >= MaxRemembered)
            {
                remembered.Clear();
            }

            remembered[identity] = key;
        }
    }

    private sealed record Identity(string Uid, string FieldPath, string Type, string Reason, string Message);

    private sealed record Happening(Identity Identity, ObjectReference About, DateTimeOffset At);
}
