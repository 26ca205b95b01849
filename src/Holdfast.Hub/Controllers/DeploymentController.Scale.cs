using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Controllers;

/// <summary>How many replicas each set of a Deployment gets: rolling, recreating, or in proportion.</summary>
internal sealed partial class DeploymentController
{
    private static bool IsScaling(JsonObject deployment, List<JsonObject> sets) =>
        sets.Where(s => DeploymentMath.Replicas(s) > 0)
            .Any(s =>
                long.TryParse(s.Annotations.GetValueOrDefault(DesiredReplicas), out var desired)
                && desired != DeploymentMath.Replicas(deployment)
            );

    private async Task RollAsync(JsonObject deployment, JsonObject current, List<JsonObject> old, CancellationToken ct)
    {
        var wanted = NewSetReplicas(deployment, [.. old, current], current);
        current = await ScaleSetAsync(deployment, current, wanted, ct);
        if (old.Sum(DeploymentMath.Replicas) == 0)
        {
            return;
        }

        var minAvailable = DeploymentMath.Replicas(deployment) - DeploymentMath.MaxUnavailable(deployment);
        var total = DeploymentMath.Replicas(current) + old.Sum(DeploymentMath.Replicas);
        var newUnavailable = DeploymentMath.Replicas(current) - Available(current);
        var spare = total - minAvailable - newUnavailable;
        if (spare <= 0)
        {
            return;
        }

        old = await DropUnhealthyAsync(deployment, old, spare, ct);
        await DropAvailableAsync(deployment, current, old, minAvailable, ct);
    }

    /// <summary>Old pods that do not run are no loss.</summary>
    private async Task<List<JsonObject>> DropUnhealthyAsync(
        JsonObject deployment,
        List<JsonObject> old,
        long spare,
        CancellationToken ct
    )
    {
        var result = new List<JsonObject>();
        foreach (var set in old)
        {
            var has = DeploymentMath.Replicas(set);
            var drop = Math.Min(spare, has - Math.Min(has, Available(set)));
            spare -= drop;
            result.Add(drop > 0 ? await ScaleSetAsync(deployment, set, has - drop, ct) : set);
        }

        return result;
    }

    private async Task DropAvailableAsync(
        JsonObject deployment,
        JsonObject current,
        List<JsonObject> old,
        long minAvailable,
        CancellationToken ct
    )
    {
        var spare =
            Available(current) + old.Sum(s => Math.Min(Available(s), DeploymentMath.Replicas(s))) - minAvailable;
        foreach (var set in old)
        {
            var has = DeploymentMath.Replicas(set);
            var drop = Math.Min(has, spare);
            if (drop > 0)
            {
                spare -= drop;
                await ScaleSetAsync(deployment, set, has - drop, ct);
            }
        }
    }

    private async Task<JsonObject?> RecreateAsync(
        JsonObject deployment,
        JsonObject? current,
        List<JsonObject> old,
        CancellationToken ct
    )
    {
        foreach (var set in old.Where(s => DeploymentMath.Replicas(s) > 0))
        {
            await ScaleSetAsync(deployment, set, 0, ct);
        }

        // The new pods come when the last old one is really gone, not when it is told to go.
        var oldUids = old.Select(s => s.Uid).ToHashSet();
        var isOldLeft = objects
            .List(PodResources.Pods, deployment.MetaNamespace)
            .Any(p =>
                p.ControllerRef.StringAt("uid") is { } uid
                && oldUids.Contains(uid)
                && p.At("status").StringAt("phase") is not ("Succeeded" or "Failed")
            );
        if (isOldLeft)
        {
            return current;
        }

        current = await EnsureNewestAsync(deployment, current, old, ct);
        return await ScaleSetAsync(deployment, current, DeploymentMath.Replicas(deployment), ct);
    }

    /// <summary>A change of replicas in the middle of an update, or while paused, is shared out over the sets that have pods.</summary>
    private async Task ScaleProportionallyAsync(
        JsonObject deployment,
        JsonObject? current,
        List<JsonObject> old,
        CancellationToken ct
    )
    {
        var all = current is null ? old : [.. old, current];
        var active = all.Where(s => DeploymentMath.Replicas(s) > 0).ToList();
        var wanted = DeploymentMath.Replicas(deployment);
        if (active.Count <= 1)
        {
            if ((active.Count == 1 ? active[0] : current) is { } only)
            {
                await ScaleSetAsync(deployment, only, wanted, ct);
            }

            return;
        }

        var allowed = wanted > 0 ? wanted + DeploymentMath.MaxSurge(deployment) : 0;
        var total = active.Sum(DeploymentMath.Replicas);
        var left = allowed - total;
        foreach (var set in active.OrderByDescending(DeploymentMath.Replicas).ThenByDescending(RevisionOf))
        {
            var has = DeploymentMath.Replicas(set);
            var share = total == 0 ? 0 : (long)Math.Round((decimal)has * (allowed - total) / total);
            share = left > 0 ? Math.Clamp(share, 0, left) : Math.Clamp(share, left, 0);
            left -= share;
            await ScaleSetAsync(deployment, set, Math.Max(0, has + share), ct);
        }

        if (
            left > 0
            && current is not null
            && objects.Find(AppsResources.ReplicaSets, current.MetaNamespace, current.MetaName) is { } newest
        )
        {
            await ScaleSetAsync(deployment, newest, DeploymentMath.Replicas(newest) + left, ct);
        }
    }

    /// <summary>How many the newest set may have now.</summary>
    private static long NewSetReplicas(JsonObject deployment, List<JsonObject> all, JsonObject? current = null)
    {
        var wanted = DeploymentMath.Replicas(deployment);
        if (deployment.At("spec", "strategy").StringAt("type") != DeploymentMath.RollingUpdate)
        {
            return wanted;
        }

        var has = current is null ? 0 : DeploymentMath.Replicas(current);
        if (has > wanted)
        {
            return wanted;
        }

        var room = wanted + DeploymentMath.MaxSurge(deployment) - all.Sum(DeploymentMath.Replicas);
        return room <= 0 ? has : has + Math.Min(room, wanted - has);
    }

    private async Task<JsonObject> ScaleSetAsync(
        JsonObject deployment,
        JsonObject set,
        long replicas,
        CancellationToken ct
    )
    {
        var before = DeploymentMath.Replicas(set);
        var desired = DeploymentMath.Replicas(deployment).ToString();
        var max = (DeploymentMath.Replicas(deployment) + DeploymentMath.MaxSurge(deployment)).ToString();
        var minReady = deployment.At("spec").IntAt("minReadySeconds") ?? 0;
        var after = await objects.ChangeAsync(
            AppsResources.ReplicaSets,
            set.MetaNamespace,
            set.MetaName,
            o =>
            {
                var notes = o.Meta.Ensure("annotations");
                if (
                    o.Uid != set.Uid
                    || (
                        DeploymentMath.Replicas(o) == replicas
                        && notes.StringAt(DesiredReplicas) == desired
                        && notes.StringAt(MaxReplicas) == max
                        && (o.At("spec").IntAt("minReadySeconds") ?? 0) == minReady
                    )
                )
                {
                    return false;
                }

                o.Ensure("spec")["replicas"] = replicas;
                o.Ensure("spec")["minReadySeconds"] = minReady;
                notes[DesiredReplicas] = desired;
                notes[MaxReplicas] = max;
                return true;
            },
            ct
        );
        if (after is not null && before != replicas)
        {
            await ReportScaleAsync(deployment, set, before < replicas ? "up" : "down", before, replicas, ct);
        }

        return after ?? set;
    }

    private Task ReportScaleAsync(
        JsonObject deployment,
        JsonObject set,
        string direction,
        long before,
        long after,
        CancellationToken ct
    ) =>
        before == after
            ? Task.CompletedTask
            : events.WriteAsync(
                deployment,
                "Normal",
                "ScalingReplicaSet",
                $"Scaled {direction} replica set {set.MetaName} from {before} to {after}",
                Component,
                ct
            );

    private static long Available(JsonObject set) => set.At("status").IntAt("availableReplicas") ?? 0;
}
