using System.Globalization;
using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Controllers;

/// <summary>Which pods a ReplicaSet deletes first: ActivePodsWithRanks of k8s.io/kubernetes/pkg/controller, on one node.</summary>
internal static class DeletionOrder
{
    private const string Cost = "controller.kubernetes.io/pod-deletion-cost";
    private static readonly string[] Phases = ["Pending", "Unknown", "Running"];

    /// <summary>
    /// First what costs least to lose: unbound, then not running, then not ready, then what says it costs little, then what
    /// has been ready for the shortest time, then what restarts most, then the youngest.
    /// </summary>
    public static IEnumerable<JsonObject> Of(IEnumerable<JsonObject> pods) =>
        pods.OrderBy(p => p.At("spec").StringAt("nodeName") is { Length: > 0 })
            .ThenBy(p => Array.IndexOf(Phases, p.At("status").StringAt("phase")))
            .ThenBy(PodFacts.IsReady)
            .ThenBy(CostOf)
            .ThenByDescending(ReadySince)
            .ThenByDescending(Restarts)
            .ThenByDescending(p => p.At("metadata").TimeAt("creationTimestamp"));

    private static int CostOf(JsonObject pod) =>
        int.TryParse(
            pod.Annotations.GetValueOrDefault(Cost),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var cost
        )
            ? cost
            : 0;

    private static DateTimeOffset? ReadySince(JsonObject pod) =>
        PodFacts.IsReady(pod) ? Conditions.Find(pod.At("status"), "Ready").TimeAt("lastTransitionTime") : null;

    private static long Restarts(JsonObject pod) =>
        pod.At("status")
            .ObjectsAt("containerStatuses")
            .Select(c => c.IntAt("restartCount") ?? 0)
            .DefaultIfEmpty()
            .Max();
}
