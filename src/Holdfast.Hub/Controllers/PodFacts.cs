using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Controllers;

/// <summary>What the controllers ask about a pod. Stateless.</summary>
internal static class PodFacts
{
    /// <summary>Neither finished nor going away: it counts as a replica.</summary>
    public static bool IsActive(JsonObject pod) =>
        !pod.IsDeleting && pod.At("status").StringAt("phase") is not ("Succeeded" or "Failed");

    public static bool IsReady(JsonObject pod) => Conditions.IsTrue(pod.At("status"), "Ready");

    /// <summary>Null when the pod is available; else how long it must still stay ready, or MaxValue when it is not ready.</summary>
    public static TimeSpan? UntilAvailable(JsonObject pod, long minReadySeconds, DateTimeOffset now)
    {
        if (!IsReady(pod))
        {
            return TimeSpan.MaxValue;
        }

        if (minReadySeconds <= 0)
        {
            return null;
        }

        var since = Conditions.Find(pod.At("status"), "Ready").TimeAt("lastTransitionTime") ?? now;
        var left = since.AddSeconds(minReadySeconds) - now;
        return left <= TimeSpan.Zero ? null : left;
    }
}
