using Holdfast.Agent.Containers;
using Holdfast.Agent.Runtimes;
using Holdfast.Cri;
using Holdfast.Kube;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.NodeStatus;

/// <summary>
/// Keeps the Node object of this node: makes it, and writes its status when something changes, and now and then as a
/// sign of life. Runs in one loop; <see cref="Wake"/> is thread-safe.
/// </summary>
internal sealed class NodeRegistration(
    ObjectStore store,
    AgentOptions options,
    NodeFacts node,
    IReadOnlyList<RuntimeState> runtimes,
    TimeProvider time,
    ILogger logger,
    Func<IReadOnlyList<NodeCondition>> furtherConditions
)
{
    // The kubelet's nodeStatusReportFrequency: a status that says nothing new is not worth a write more often.
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan HeartbeatSlack = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    // A runtime cannot tell when its network becomes ready, so while it is not, it is asked.
    private static readonly TimeSpan NotReadyPause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim wake = new(0);

    /// <summary>Something changed that the node's status shows.</summary>
    public void Wake() => wake.Release();

    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            var pause = Heartbeat;
            try
            {
                var health = await Task.WhenAll(runtimes.Select(r => AskAsync(r, ct)));
                await WriteAsync(health, ct);
                if (health.Any(h => h.NetworkTrouble.Length > 0))
                {
                    pause = NotReadyPause;
                }
            }
            catch (Exception e) when (e is KubeException or StoreException { Reason: not StoreReason.Closed })
            {
                logger.NodeNotWritten(options.NodeName, RetryPause.TotalSeconds, e);
                pause = RetryPause;
            }

            await WaitAsync(pause, ct);
        }
    }

    private async Task WaitAsync(TimeSpan pause, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var timer = Task.Delay(pause, time, limit.Token);
        await Task.WhenAny(timer, wake.WaitAsync(limit.Token));
        await limit.CancelAsync();
        ct.ThrowIfCancellationRequested();
        while (await wake.WaitAsync(TimeSpan.Zero, ct))
        {
            // Several changes at once are one write.
        }
    }

    private static async Task<RuntimeHealth> AskAsync(RuntimeState runtime, CancellationToken ct)
    {
        if (!runtime.IsOnline)
        {
            return new RuntimeHealth(runtime.Name, runtime.Trouble, "");
        }

        try
        {
            var answer = await runtime.Endpoint.StatusAsync(new V1.StatusRequest(), ct);
            return new RuntimeHealth(
                runtime.Name,
                Trouble(answer.Status, "RuntimeReady"),
                Trouble(answer.Status, "NetworkReady")
            );
        }
        catch (CriException e)
        {
            return new RuntimeHealth(runtime.Name, e.Message, "");
        }
    }

    private static string Trouble(V1.RuntimeStatus status, string type) =>
        status.Conditions.FirstOrDefault(c => c.Type == type && !c.Status) is { } bad
            ? $"{bad.Reason} {bad.Message}".Trim()
            : "";

    private async Task WriteAsync(IReadOnlyList<RuntimeHealth> health, CancellationToken ct)
    {
        var key = new ObjectKey(ResourceNames.Nodes, "", options.NodeName);
        if (store.Get(key) is null)
        {
            await CreateAsync(key, ct);
        }

        var labels = new NodeLabels(options.NodeName, options.NodeLabels);
        await store.UpdateAsync(
            key,
            stored =>
            {
                var current = KubeObject.Parse(stored.Json.Span);
                var before = current.To<Node>().Status;
                var status = Status(before, health);
                if (!labels.PutOn(current) && IsOldNews(before, status))
                {
                    return null;
                }

                current.Json["status"] = KubeJson.ToNode(status);
                return (ReadOnlyMemory<byte>?)current.ToUtf8();
            },
            ct
        );
    }

    private async Task CreateAsync(ObjectKey key, CancellationToken ct)
    {
        var created = new Node
        {
            Metadata = new ObjectMeta
            {
                Name = options.NodeName,
                Uid = Guid.NewGuid().ToString(),
                CreationTimestamp = time.GetUtcNow(),
            },
        };
        try
        {
            await store.CreateAsync(key, KubeJson.Serialize(created), ct);
        }
        catch (StoreException e) when (e.Reason == StoreReason.AlreadyExists)
        {
            // Somebody made it in between; it is ours all the same.
        }
    }

    /// <summary>Nothing but the time has changed, and the last sign of life is not old: not worth a write.</summary>
    private static bool IsOldNews(Kube.NodeStatus before, Kube.NodeStatus after)
    {
        var last = before.Conditions.Select(c => c.LastHeartbeatTime).Max();
        var now = after.Conditions.Select(c => c.LastHeartbeatTime).Max();
        return now - last < Heartbeat - HeartbeatSlack && Text(before).SequenceEqual(Text(after));

        static byte[] Text(Kube.NodeStatus status) =>
            KubeJson.Serialize(
                status with
                {
                    Conditions = status.Conditions.Select(c => c with { LastHeartbeatTime = null }).ToArray(),
                }
            );
    }

    private Kube.NodeStatus Status(Kube.NodeStatus before, IReadOnlyList<RuntimeHealth> health)
    {
        var capacity = new Dictionary<string, Quantity>(StringComparer.Ordinal)
        {
            ["cpu"] = Quantity.FromMilliValue(node.MilliCpu),
            ["memory"] = Quantity.FromBytes(node.MemoryBytes),
            ["ephemeral-storage"] = Quantity.FromBytes(node.EphemeralStorageBytes),
            ["pods"] = Quantity.FromValue(options.MaxPods),
        };
        return before with
        {
            Capacity = capacity,
            Allocatable = capacity,
            Conditions = NodeConditions.Build(health, furtherConditions(), before.Conditions, time.GetUtcNow()),
            Addresses =
            [
                new NodeAddress { Type = "InternalIP", Address = node.Address },
                new NodeAddress { Type = "Hostname", Address = options.NodeName },
            ],
            NodeInfo = NodeInfoReader.Read(runtimes[0].Version),
            RuntimeHandlers = runtimes
                .SelectMany(r => r.Endpoint.Options.Handlers)
                .Select(h => new NodeRuntimeHandler { Name = h })
                .ToArray(),
        };
    }
}
