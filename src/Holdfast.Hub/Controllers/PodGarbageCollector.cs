using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// Deletes pods that are bound to a node that is not there, since nobody else would: the orphans of
/// k8s.io/kubernetes/pkg/controller/podgc. Woken by pods, and by nodes that go.
/// </summary>
internal sealed class PodGarbageCollector
{
    /// <summary>How long a node must be missing, in case it is only registered anew: podgc's quarantineTime.</summary>
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(40);

    private readonly ObjectAccess objects;
    private readonly string ownNode;
    private readonly ReconcileLoop loop;

    /// <summary>Missing nodes and when they were first missed, as a timestamp of the clock.</summary>
    private readonly ConcurrentDictionary<string, long> missing = new(StringComparer.Ordinal);

    public PodGarbageCollector(ObjectAccess objects, string ownNode, ILogger logger)
    {
        this.objects = objects;
        this.ownNode = ownNode;
        loop = new("pod-garbage-collector", objects, logger, ReconcileAsync);
        loop.Watch(PodResources.Pods.StoreName, OnPod);
        loop.Watch(NodeResources.Nodes.StoreName, OnNode);
    }

    public Task RunAsync(CancellationToken ct) => loop.RunAsync(ct);

    private void OnPod(StoreEventKind kind, JsonObject pod, KeyQueue queue)
    {
        if (kind != StoreEventKind.Deleted && IsBoundElsewhere(pod))
        {
            queue.Add(ObjectAccess.Key(PodResources.Pods, pod.MetaNamespace, pod.MetaName));
        }
    }

    private void OnNode(StoreEventKind kind, JsonObject node, KeyQueue queue)
    {
        if (kind != StoreEventKind.Deleted)
        {
            missing.TryRemove(node.MetaName, out _);
            return;
        }

        foreach (var pod in objects.List(PodResources.Pods, null).Where(IsBoundElsewhere))
        {
            queue.Add(ObjectAccess.Key(PodResources.Pods, pod.MetaNamespace, pod.MetaName));
        }
    }

    /// <summary>The pods of this node are its agent's, also before the agent has registered the node.</summary>
    private bool IsBoundElsewhere(JsonObject pod) =>
        pod.At("spec").StringAt("nodeName") is { Length: > 0 } node && node != ownNode;

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken ct)
    {
        if (objects.Find(PodResources.Pods, key.Namespace, key.Name) is not { } pod || !IsBoundElsewhere(pod))
        {
            return null;
        }

        var node = pod.At("spec").StringAt("nodeName")!;
        if (objects.Find(NodeResources.Nodes, "", node) is not null)
        {
            missing.TryRemove(node, out _);
            return null;
        }

        var since = missing.GetOrAdd(node, _ => objects.Clock.GetTimestamp());
        var left = Quarantine - objects.Clock.GetElapsedTime(since);
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        await MarkFailedAsync(pod, ct);
        try
        {
            await objects.DeleteAsync(
                PodResources.Pods,
                pod.MetaNamespace,
                pod.MetaName,
                new() { Uid = pod.Uid, GraceSeconds = 0 },
                ct
            );
        }
        catch (ApiException e) when (e.Reason is ApiReason.NotFound or ApiReason.Conflict)
        {
            // Gone, or another pod by that name.
        }

        return null;
    }

    private Task MarkFailedAsync(JsonObject pod, CancellationToken ct) =>
        objects.ChangeAsync(
            PodResources.Pods,
            pod.MetaNamespace,
            pod.MetaName,
            current =>
            {
                var status = current.Ensure("status");
                if (current.Uid != pod.Uid || status.StringAt("phase") is "Succeeded" or "Failed")
                {
                    return false;
                }

                status["phase"] = "Failed";
                Conditions.Set(
                    status,
                    "DisruptionTarget",
                    "True",
                    "DeletionByPodGC",
                    "PodGC: node no longer exists",
                    objects.Clock.GetUtcNow()
                );
                return true;
            },
            ct
        );
}
