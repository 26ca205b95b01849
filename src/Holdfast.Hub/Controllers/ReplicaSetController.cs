using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Hub.Validation;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>Keeps as many pods as each ReplicaSet wants. Woken by ReplicaSets and by their pods.</summary>
internal sealed class ReplicaSetController
{
    private const string Component = "replicaset-controller";

    /// <summary>Pods made or removed in one go before the state is looked at again (Kubernetes' burst is 500 for a cluster).</summary>
    private const int Burst = 100;

    private readonly ObjectAccess objects;
    private readonly EventRecorder events;
    private readonly ReconcileLoop loop;

    public ReplicaSetController(ObjectAccess objects, EventRecorder events, ILogger logger)
    {
        this.objects = objects;
        this.events = events;
        loop = new("replicaset", objects, logger, ReconcileAsync);
        loop.WatchOwn(AppsResources.ReplicaSets);
        loop.Watch(PodResources.Pods.StoreName, OnPod);
    }

    public Task RunAsync(CancellationToken ct) => loop.RunAsync(ct);

    private void OnPod(StoreEventKind kind, JsonObject pod, KeyQueue queue)
    {
        if (pod.ControllerRef is { } owner)
        {
            if (owner.StringAt("kind") == AppsResources.ReplicaSets.Kind)
            {
                queue.Add(Key(pod.MetaNamespace, owner.StringAt("name") ?? ""));
            }
        }
        else if (kind != StoreEventKind.Deleted && pod.Labels.Count > 0)
        {
            // A pod without a controller may be one that a ReplicaSet adopts.
            foreach (var set in objects.List(AppsResources.ReplicaSets, pod.MetaNamespace))
            {
                if (SelectorMatch.Matches(set.At("spec").ObjectAt("selector"), pod.Labels))
                {
                    queue.Add(Key(set.MetaNamespace, set.MetaName));
                }
            }
        }
    }

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken ct)
    {
        if (objects.Find(AppsResources.ReplicaSets, key.Namespace, key.Name) is not { } set)
        {
            return null;
        }

        var pods = await ClaimAsync(set, ct);
        ApiException? failure = null;
        if (!set.IsDeleting)
        {
            failure = await ScaleAsync(set, pods, ct);
            pods = [.. Owned(set).Where(PodFacts.IsActive)];
        }

        var soonest = await WriteStatusAsync(set, pods, failure?.Message, ct);
        return failure is null ? soonest : throw failure;
    }

    private IEnumerable<JsonObject> Owned(JsonObject set) =>
        objects.List(PodResources.Pods, set.MetaNamespace).Where(p => p.IsControlledBy(set.Uid));

    /// <summary>The active pods of the set, after adopting what matches and releasing what no longer does.</summary>
    private async Task<List<JsonObject>> ClaimAsync(JsonObject set, CancellationToken ct)
    {
        var selector = set.At("spec").ObjectAt("selector");
        var mine = new List<JsonObject>();
        foreach (var pod in objects.List(PodResources.Pods, set.MetaNamespace).Where(PodFacts.IsActive))
        {
            var matches = SelectorMatch.Matches(selector, pod.Labels);
            if (pod.IsControlledBy(set.Uid))
            {
                if (matches || set.IsDeleting)
                {
                    mine.Add(pod);
                }
                else
                {
                    await SetOwnerAsync(pod, set, isOwner: false, ct);
                }
            }
            else if (matches && pod.ControllerRef is null && !set.IsDeleting)
            {
                await SetOwnerAsync(pod, set, isOwner: true, ct);
                mine.Add(pod);
            }
        }

        return mine;
    }

    private Task SetOwnerAsync(JsonObject pod, JsonObject set, bool isOwner, CancellationToken ct) =>
        objects.ChangeAsync(
            PodResources.Pods,
            pod.MetaNamespace,
            pod.MetaName,
            current =>
            {
                if (current.Uid != pod.Uid || current.IsControlledBy(set.Uid) == isOwner)
                {
                    return false;
                }

                var references = current.Meta.ArrayAt("ownerReferences") ?? [];
                current.Meta["ownerReferences"] = references;
                if (isOwner)
                {
                    references.Add((JsonNode)OwnerReference.To(set));
                }
                else
                {
                    references.Remove(references.First(r => r.StringAt("uid") == set.Uid));
                }

                return true;
            },
            ct
        );

    /// <summary>
    /// Null when all went well, else why a pod could not be created, in words that are the same for every attempt: a new text
    /// would make each attempt a change of the set and a new event.
    /// </summary>
    private async Task<ApiException?> ScaleAsync(JsonObject set, List<JsonObject> pods, CancellationToken ct)
    {
        var wanted = set.At("spec").IntAt("replicas") ?? 1;
        if (pods.Count > wanted)
        {
            foreach (var pod in DeletionOrder.Of(pods).Take((int)Math.Min(pods.Count - wanted, Burst)))
            {
                await DeleteAsync(set, pod, ct);
            }
        }

        for (var i = pods.Count; i < wanted && i - pods.Count < Burst; i++)
        {
            var wish = NewPod(set);
            try
            {
                var pod = await objects.CreateAsync(
                    PodResources.Pods,
                    set.MetaNamespace,
                    wish,
                    WriteOptions.Internal,
                    ct
                );
                await events.WriteAsync(
                    set,
                    "Normal",
                    "SuccessfulCreate",
                    $"Created pod: {pod.MetaName}",
                    Component,
                    ct
                );
            }
            catch (ApiException e)
            {
                var cause = e.Message;
                if (wish.MetaName is { Length: > 0 } generated)
                {
                    cause = cause.Replace(generated, set.MetaName + "-", StringComparison.Ordinal);
                }

                await events.WriteAsync(set, "Warning", "FailedCreate", $"Error creating: {cause}", Component, ct);
                return new ApiException(e.Reason, cause, e);
            }
        }

        return null;
    }

    private async Task DeleteAsync(JsonObject set, JsonObject pod, CancellationToken ct)
    {
        try
        {
            await objects.DeleteAsync(PodResources.Pods, pod.MetaNamespace, pod.MetaName, new() { Uid = pod.Uid }, ct);
            await events.WriteAsync(set, "Normal", "SuccessfulDelete", $"Deleted pod: {pod.MetaName}", Component, ct);
        }
        catch (ApiException e) when (e.Reason is ApiReason.NotFound or ApiReason.Conflict)
        {
            // Gone already.
        }
    }

    private static JsonObject NewPod(JsonObject set)
    {
        var template = set.At("spec").ObjectAt("template");
        var metadata = new JsonObject
        {
            ["generateName"] = set.MetaName + "-",
            ["ownerReferences"] = new JsonArray((JsonNode)OwnerReference.To(set)),
        };
        foreach (var field in (ReadOnlySpan<string>)["labels", "annotations", "finalizers"])
        {
            if (template.At("metadata", field) is { } value)
            {
                metadata[field] = value.DeepClone();
            }
        }

        return new JsonObject { ["metadata"] = metadata, ["spec"] = template.At("spec")?.DeepClone() };
    }

    /// <summary>Returns when a ready pod will count as available, if that is only a matter of time.</summary>
    private async Task<TimeSpan?> WriteStatusAsync(
        JsonObject set,
        List<JsonObject> pods,
        string? failure,
        CancellationToken ct
    )
    {
        var now = objects.Clock.GetUtcNow();
        var minReady = set.At("spec").IntAt("minReadySeconds") ?? 0;
        var waits = pods.Select(p => PodFacts.UntilAvailable(p, minReady, now)).ToList();
        var labels = set.At("spec", "template", "metadata").MapAt("labels");
        var counts = new (string Field, long Value)[]
        {
            ("replicas", pods.Count),
            ("fullyLabeledReplicas", pods.Count(p => labels.All(l => p.Labels.GetValueOrDefault(l.Key) == l.Value))),
            ("readyReplicas", pods.Count(PodFacts.IsReady)),
            ("availableReplicas", waits.Count(w => w is null)),
            ("observedGeneration", set.Generation),
        };
        await objects.ChangeAsync(
            AppsResources.ReplicaSets,
            set.MetaNamespace,
            set.MetaName,
            current => current.Uid == set.Uid && SetStatus(current.Ensure("status"), counts, failure, now),
            ct
        );
        var soonest = waits.Where(w => w is { } t && t < TimeSpan.MaxValue).Min();
        return soonest;
    }

    private static bool SetStatus(
        JsonObject status,
        (string Field, long Value)[] counts,
        string? failure,
        DateTimeOffset now
    )
    {
        var changed = failure is not null
            ? Conditions.Set(status, "ReplicaFailure", "True", "FailedCreate", failure, now)
            : Conditions.Remove(status, "ReplicaFailure");
        return StatusCounts.Set(status, counts, "replicas") || changed;
    }

    private static ObjectKey Key(string ns, string name) => ObjectAccess.Key(AppsResources.ReplicaSets, ns, name);
}
