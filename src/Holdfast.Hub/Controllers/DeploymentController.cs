using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// Brings the ReplicaSets of each Deployment to what the Deployment says: one per template, the newest with the pods.
/// Woken by Deployments, their ReplicaSets, and the end of their pods.
/// </summary>
internal sealed partial class DeploymentController
{
    public const string Revision = "deployment.kubernetes.io/revision";
    private const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";
    private const string MaxReplicas = "deployment.kubernetes.io/max-replicas";
    private const string RevisionHistory = "deployment.kubernetes.io/revision-history";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const string Component = "deployment-controller";

    /// <summary>Templates with the same hash that are tried before giving up.</summary>
    private const int MaxCollisions = 8;

    private readonly ObjectAccess objects;
    private readonly EventRecorder events;
    private readonly ReconcileLoop loop;

    public DeploymentController(ObjectAccess objects, EventRecorder events, ILogger logger)
    {
        this.objects = objects;
        this.events = events;
        loop = new("deployment", objects, logger, ReconcileAsync);
        loop.WatchOwn(AppsResources.Deployments);
        loop.Watch(AppsResources.ReplicaSets.StoreName, (_, o, queue) => AddOwner(o, queue));
        loop.Watch(
            PodResources.Pods.StoreName,
            (kind, pod, queue) =>
            {
                // Recreate waits for the last old pod; all other news of pods comes through the ReplicaSet's status.
                if (
                    kind == StoreEventKind.Deleted
                    && pod.ControllerRef is { } owner
                    && objects.Find(AppsResources.ReplicaSets, pod.MetaNamespace, owner.StringAt("name") ?? "")
                        is { } set
                )
                {
                    AddOwner(set, queue);
                }
            }
        );
    }

    public Task RunAsync(CancellationToken ct) => loop.RunAsync(ct);

    private static void AddOwner(JsonObject set, KeyQueue queue)
    {
        if (set.ControllerRef is { } owner && owner.StringAt("kind") == AppsResources.Deployments.Kind)
        {
            queue.Add(Key(set.MetaNamespace, owner.StringAt("name") ?? ""));
        }
    }

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken ct)
    {
        if (objects.Find(AppsResources.Deployments, key.Namespace, key.Name) is not { } deployment)
        {
            return null;
        }

        var sets = Owned(deployment);
        if (deployment.IsDeleting)
        {
            return await WriteStatusAsync(deployment, sets, Newest(deployment, sets), ct);
        }

        var isPaused = deployment.At("spec").BoolAt("paused");
        var current = Newest(deployment, sets);
        var old = sets.Where(s => s.Uid != current?.Uid).ToList();
        if (isPaused || (current is not null && IsScaling(deployment, sets)))
        {
            await ScaleProportionallyAsync(deployment, current, old, ct);
        }
        else if (deployment.At("spec", "strategy").StringAt("type") == DeploymentMath.RollingUpdate)
        {
            current = await EnsureNewestAsync(deployment, current, old, ct);
            await RollAsync(deployment, current, old, ct);
        }
        else
        {
            current = await RecreateAsync(deployment, current, old, ct);
        }

        sets = Owned(deployment);
        current = Newest(deployment, sets);
        var again = await WriteStatusAsync(deployment, sets, current, ct);
        if (!isPaused && IsComplete(deployment, sets, current))
        {
            await CleanUpAsync(deployment, sets, current, ct);
        }

        return again;
    }

    private List<JsonObject> Owned(JsonObject deployment) =>
        [
            .. objects
                .List(AppsResources.ReplicaSets, deployment.MetaNamespace)
                .Where(s => s.IsControlledBy(deployment.Uid))
                .OrderBy(s => s.At("metadata").TimeAt("creationTimestamp"))
                .ThenBy(RevisionOf),
        ];

    /// <summary>The set whose template is the Deployment's; null when it has still to be made.</summary>
    private static JsonObject? Newest(JsonObject deployment, List<JsonObject> sets) =>
        sets.Find(s => TemplateHash.AreSame(s.At("spec", "template"), deployment.At("spec", "template")));

    private async Task<JsonObject> EnsureNewestAsync(
        JsonObject deployment,
        JsonObject? current,
        List<JsonObject> old,
        CancellationToken ct
    )
    {
        var revision = old.Select(RevisionOf).DefaultIfEmpty().Max() + 1;
        if (current is null)
        {
            current = await CreateNewestAsync(deployment, old, revision, ct);
        }
        else if (RevisionOf(current) < revision)
        {
            current =
                await objects.ChangeAsync(
                    AppsResources.ReplicaSets,
                    current.MetaNamespace,
                    current.MetaName,
                    o => SetRevision(o, revision),
                    ct
                ) ?? current;
        }

        var shown = RevisionOf(current).ToString();
        await objects.ChangeAsync(
            AppsResources.Deployments,
            deployment.MetaNamespace,
            deployment.MetaName,
            o =>
            {
                if (o.Uid != deployment.Uid || o.Annotations.GetValueOrDefault(Revision) == shown)
                {
                    return false;
                }

                o.Meta.Ensure("annotations")[Revision] = shown;
                return true;
            },
            ct
        );
        return current;
    }

    private async Task<JsonObject> CreateNewestAsync(
        JsonObject deployment,
        List<JsonObject> old,
        long revision,
        CancellationToken ct
    )
    {
        for (var collision = 0; ; collision++)
        {
            var hash = TemplateHash.Of(deployment.At("spec", "template"), collision);
            try
            {
                var made = await objects.CreateAsync(
                    AppsResources.ReplicaSets,
                    deployment.MetaNamespace,
                    NewSet(deployment, hash, NewSetReplicas(deployment, old), revision),
                    WriteOptions.Internal,
                    ct
                );
                await ReportScaleAsync(deployment, made, "up", 0, DeploymentMath.Replicas(made), ct);
                return made;
            }
            catch (ApiException e) when (e.Reason == ApiReason.AlreadyExists && collision < MaxCollisions)
            {
                // A set of another template, or of another owner, has that name.
            }
        }
    }

    private static JsonObject NewSet(JsonObject deployment, string hash, long replicas, long revision)
    {
        var template = (JsonObject)deployment.At("spec", "template")!.DeepClone();
        template.Ensure("metadata").Ensure("labels")[TemplateHash.Label] = hash;
        var selector = (JsonObject)deployment.At("spec", "selector")!.DeepClone();
        selector.Ensure("matchLabels")[TemplateHash.Label] = hash;
        var annotations = new JsonObject();
        foreach (var (name, value) in deployment.Annotations.Where(a => a.Key is not (LastApplied or Revision)))
        {
            annotations[name] = value;
        }

        annotations[Revision] = revision.ToString();
        annotations[DesiredReplicas] = DeploymentMath.Replicas(deployment).ToString();
        annotations[MaxReplicas] = (
            DeploymentMath.Replicas(deployment) + DeploymentMath.MaxSurge(deployment)
        ).ToString();
        return new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{deployment.MetaName}-{hash}",
                ["labels"] = template.At("metadata", "labels")!.DeepClone(),
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray((JsonNode)OwnerReference.To(deployment)),
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["minReadySeconds"] = deployment.At("spec").IntAt("minReadySeconds") ?? 0,
                ["selector"] = selector,
                ["template"] = template,
            },
        };
    }

    /// <summary>Keeps the revisions a set has had, as kubectl rollout history shows them.</summary>
    private static bool SetRevision(JsonObject set, long revision)
    {
        var annotations = set.Meta.Ensure("annotations");
        if (annotations.StringAt(Revision) is { Length: > 0 } before)
        {
            var history = annotations.StringAt(RevisionHistory);
            annotations[RevisionHistory] = history is { Length: > 0 } ? $"{history},{before}" : before;
        }

        annotations[Revision] = revision.ToString();
        return true;
    }

    private async Task CleanUpAsync(
        JsonObject deployment,
        List<JsonObject> sets,
        JsonObject? current,
        CancellationToken ct
    )
    {
        var limit = deployment.At("spec").IntAt("revisionHistoryLimit") ?? int.MaxValue;
        var old = sets.Where(s => s.Uid != current?.Uid && !s.IsDeleting).OrderBy(RevisionOf).ToList();
        foreach (var set in old.Take((int)Math.Max(0, old.Count - limit)))
        {
            if (DeploymentMath.Replicas(set) > 0 || set.At("status").IntAt("replicas") is > 0)
            {
                continue;
            }

            try
            {
                await objects.DeleteAsync(
                    AppsResources.ReplicaSets,
                    set.MetaNamespace,
                    set.MetaName,
                    new() { Uid = set.Uid },
                    ct
                );
            }
            catch (ApiException e) when (e.Reason is ApiReason.NotFound or ApiReason.Conflict)
            {
                // Gone already.
            }
        }
    }

    private static long RevisionOf(JsonObject o) =>
        long.TryParse(o.Annotations.GetValueOrDefault(Revision), out var revision) ? revision : 0;

    private static ObjectKey Key(string ns, string name) => ObjectAccess.Key(AppsResources.Deployments, ns, name);
}
