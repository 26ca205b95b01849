using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Hub.Verbs;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// The scheduler of one node: gives pods without a node to this node if they fit on it, and says why when they do not.
/// Woken by pods, by the node, and by pods that make room.
/// </summary>
internal sealed class PodBinder
{
    private const string Component = "default-scheduler";

    private readonly ObjectAccess objects;
    private readonly EventRecorder events;
    private readonly string nodeName;
    private readonly ReconcileLoop loop;

    public PodBinder(ObjectAccess objects, EventRecorder events, string nodeName, ILogger logger)
    {
        this.objects = objects;
        this.events = events;
        this.nodeName = nodeName;
        loop = new("binder", objects, logger, ReconcileAsync);
        loop.Watch(PodResources.Pods.StoreName, OnPod);
        loop.Watch(NodeResources.Nodes.StoreName, OnNode);
    }

    public Task RunAsync(CancellationToken ct) => loop.RunAsync(ct);

    private string lastNode = "";

    private void OnPod(StoreEventKind kind, JsonObject pod, KeyQueue queue)
    {
        if (kind != StoreEventKind.Deleted && IsPending(pod))
        {
            queue.Add(ObjectAccess.Key(PodResources.Pods, pod.MetaNamespace, pod.MetaName));
        }
        else if (kind == StoreEventKind.Deleted || pod.At("status").StringAt("phase") is "Succeeded" or "Failed")
        {
            AddPending(queue);
        }
    }

    private void OnNode(StoreEventKind kind, JsonObject node, KeyQueue queue)
    {
        // Heartbeats change only conditions: pods are looked at again when what decides about them changed.
        var deciding =
            $"{kind == StoreEventKind.Deleted}{node.Meta["labels"]?.ToJsonString()}{node["spec"]?.ToJsonString()}"
            + node.At("status").At("allocatable")?.ToJsonString();
        if (node.MetaName == nodeName && deciding != lastNode)
        {
            lastNode = deciding;
            AddPending(queue);
        }
    }

    private void AddPending(KeyQueue queue)
    {
        foreach (var pod in objects.List(PodResources.Pods, null).Where(IsPending))
        {
            queue.Add(ObjectAccess.Key(PodResources.Pods, pod.MetaNamespace, pod.MetaName));
        }
    }

    private static bool IsPending(JsonObject pod) =>
        pod.At("spec").StringAt("nodeName") is not { Length: > 0 }
        && !pod.IsDeleting
        && pod.At("spec").StringAt("schedulerName") is null or "" or Component
        && !pod.At("spec").ObjectsAt("schedulingGates").Any();

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken ct)
    {
        if (objects.Find(PodResources.Pods, key.Namespace, key.Name) is not { } pod || !IsPending(pod))
        {
            return null;
        }

        if (
            objects.Find(NodeResources.Nodes, "", nodeName) is not { } node
            || node.At("status").ObjectAt("allocatable") is null
        )
        {
            // The agent has not registered yet; its first write wakes the pod up.
            return null;
        }

        if (NodeFit.Problems(pod, node, PodsOnNode()) is { Count: > 0 } problems)
        {
            var causes = string.Join(", ", problems.Select(p => $"1 {p}"));
            await RefuseAsync(pod, $"0/1 nodes are available: {causes}.", ct);
        }
        else if (await BindingVerb.BindAsync(objects, pod, nodeName, ct))
        {
            await events.WriteAsync(
                pod,
                "Normal",
                "Scheduled",
                $"Successfully assigned {pod.MetaNamespace}/{pod.MetaName} to {nodeName}",
                Component,
                ct
            );
        }

        return null;
    }

    private IEnumerable<JsonObject> PodsOnNode() =>
        objects
            .List(PodResources.Pods, null)
            .Where(p =>
                p.At("spec").StringAt("nodeName") == nodeName
                && p.At("status").StringAt("phase") is not ("Succeeded" or "Failed")
            );

    private async Task RefuseAsync(JsonObject pod, string message, CancellationToken ct)
    {
        var changed = false;
        await objects.ChangeAsync(
            PodResources.Pods,
            pod.MetaNamespace,
            pod.MetaName,
            current =>
                changed =
                    current.Uid == pod.Uid
                    && IsPending(current)
                    && Conditions.Set(
                        current.Ensure("status"),
                        "PodScheduled",
                        "False",
                        "Unschedulable",
                        message,
                        objects.Clock.GetUtcNow()
                    ),
            ct
        );
        if (changed)
        {
            await events.WriteAsync(pod, "Warning", "FailedScheduling", message, Component, ct);
        }
    }
}
