using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Controllers;

/// <summary>What a Deployment tells about itself: counts and the conditions that `kubectl rollout status` and `wait` read.</summary>
internal sealed partial class DeploymentController
{
    /// <summary>progressDeadlineSeconds of this value means "never": Go's MaxInt32.</summary>
    private const long NoDeadline = int.MaxValue;

    /// <summary>Returns when the progress deadline has to be looked at, if an update is under way.</summary>
    private async Task<TimeSpan?> WriteStatusAsync(
        JsonObject deployment,
        List<JsonObject> sets,
        JsonObject? current,
        CancellationToken ct
    )
    {
        TimeSpan? again = null;
        await objects.ChangeAsync(
            AppsResources.Deployments,
            deployment.MetaNamespace,
            deployment.MetaName,
            o =>
            {
                again = null;
                if (o.Uid != deployment.Uid)
                {
                    return false;
                }

                var status = o.Ensure("status");
                var before = (JsonObject)status.DeepClone();
                SetCounts(deployment, sets, current, status);
                again = SetConditions(deployment, sets, current, status, before);
                return !JsonNode.DeepEquals(before, status);
            },
            ct
        );
        return again;
    }

    private static void SetCounts(JsonObject deployment, List<JsonObject> sets, JsonObject? current, JsonObject status)
    {
        var total = sets.Sum(s => Count(s, "replicas"));
        var available = sets.Sum(s => Count(s, "availableReplicas"));
        StatusCounts.Set(
            status,
            [
                ("observedGeneration", deployment.Generation),
                ("replicas", total),
                ("updatedReplicas", current is null ? 0 : Count(current, "replicas")),
                ("readyReplicas", sets.Sum(s => Count(s, "readyReplicas"))),
                ("availableReplicas", available),
                ("unavailableReplicas", Math.Max(0, sets.Sum(DeploymentMath.Replicas) - available)),
            ]
        );
    }

    private TimeSpan? SetConditions(
        JsonObject deployment,
        List<JsonObject> sets,
        JsonObject? current,
        JsonObject status,
        JsonObject before
    )
    {
        var now = objects.Clock.GetUtcNow();
        var enough =
            sets.Sum(s => Count(s, "availableReplicas"))
            >= DeploymentMath.Replicas(deployment) - DeploymentMath.MaxUnavailable(deployment);
        Conditions.Set(
            status,
            "Available",
            enough ? "True" : "False",
            enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
            now,
            hasUpdateTime: true
        );
        SetReplicaFailure(sets, status, now);
        return SetProgressing(deployment, sets, current, status, before, now);
    }

    private static void SetReplicaFailure(List<JsonObject> sets, JsonObject status, DateTimeOffset now)
    {
        var failure = sets.Select(s => Conditions.Find(s.At("status"), "ReplicaFailure"))
            .FirstOrDefault(c => c is not null);
        if (failure is null)
        {
            Conditions.Remove(status, "ReplicaFailure");
        }
        else
        {
            Conditions.Set(
                status,
                "ReplicaFailure",
                failure.StringAt("status") ?? "True",
                failure.StringAt("reason") ?? "",
                failure.StringAt("message") ?? "",
                now,
                hasUpdateTime: true
            );
        }
    }

    private TimeSpan? SetProgressing(
        JsonObject deployment,
        List<JsonObject> sets,
        JsonObject? current,
        JsonObject status,
        JsonObject before,
        DateTimeOffset now
    )
    {
        var deadline = deployment.At("spec").IntAt("progressDeadlineSeconds") ?? NoDeadline;
        if (deployment.At("spec").BoolAt("paused"))
        {
            Conditions.Set(status, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", now, true);
            return null;
        }

        var subject = current is null ? $"Deployment \"{deployment.MetaName}\"" : $"ReplicaSet \"{current.MetaName}\"";
        var old = Conditions.Find(before, "Progressing");
        if (IsComplete(deployment, sets, current))
        {
            Conditions.Set(
                status,
                "Progressing",
                "True",
                "NewReplicaSetAvailable",
                $"{subject} has successfully progressed.",
                now,
                true
            );
            return null;
        }

        if (
            HasMoved(before, status)
            || old is null
            || (old.StringAt("reason") == "NewReplicaSetAvailable" && IsNew(old, subject))
        )
        {
            if (
                !Conditions.Set(
                    status,
                    "Progressing",
                    "True",
                    "ReplicaSetUpdated",
                    $"{subject} is progressing.",
                    now,
                    true
                ) && Conditions.Find(status, "Progressing") is { } same
            )
            {
                // Progress without a new word still starts the deadline anew.
                same["lastUpdateTime"] = now.ToWireTime();
            }
        }

        if (deadline >= NoDeadline || old.StringAt("reason") is "ProgressDeadlineExceeded" or "NewReplicaSetAvailable")
        {
            return null;
        }

        var since = Conditions.Find(status, "Progressing").TimeAt("lastUpdateTime") ?? now;
        var left = since.AddSeconds(deadline) - now;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        Conditions.Set(
            status,
            "Progressing",
            "False",
            "ProgressDeadlineExceeded",
            $"{subject} has timed out progressing.",
            now,
            true
        );
        return null;
    }

    /// <summary>A set that was complete and now has fewer pods is no new update; another set is.</summary>
    private static bool IsNew(JsonObject condition, string subject) =>
        condition.StringAt("message")?.StartsWith(subject, StringComparison.Ordinal) != true;

    private static bool HasMoved(JsonObject before, JsonObject status) =>
        (status.IntAt("updatedReplicas") ?? 0) > (before.IntAt("updatedReplicas") ?? 0)
        || (status.IntAt("readyReplicas") ?? 0) > (before.IntAt("readyReplicas") ?? 0)
        || (status.IntAt("availableReplicas") ?? 0) > (before.IntAt("availableReplicas") ?? 0)
        || OldReplicas(status) < OldReplicas(before);

    private static long OldReplicas(JsonObject status) =>
        (status.IntAt("replicas") ?? 0) - (status.IntAt("updatedReplicas") ?? 0);

    private static bool IsComplete(JsonObject deployment, List<JsonObject> sets, JsonObject? current)
    {
        var wanted = DeploymentMath.Replicas(deployment);
        return current is not null
            && Count(current, "replicas") == wanted
            && DeploymentMath.Replicas(current) == wanted
            && sets.Sum(s => Count(s, "replicas")) == wanted
            && sets.Sum(s => Count(s, "availableReplicas")) == wanted
            && (current.At("status").IntAt("observedGeneration") ?? 0) >= current.Generation;
    }

    private static long Count(JsonObject set, string field) => set.At("status").IntAt(field) ?? 0;
}
