using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Admission;

/// <summary>The quality-of-service class of a pod: what Kubernetes derives from cpu and memory of its containers.</summary>
internal static class PodQuality
{
    private static readonly string[] Counted = ["cpu", "memory"];

    public static string ClassOf(JsonNode? spec)
    {
        var anything = false;
        var guaranteed = true;
        foreach (var container in spec.ObjectsAt("initContainers").Concat(spec.ObjectsAt("containers")))
        {
            foreach (var resource in Counted)
            {
                var request = Amount(container.At("resources", "requests").StringAt(resource));
                var limit = Amount(container.At("resources", "limits").StringAt(resource));
                anything |= request > 0 || limit > 0;
                guaranteed &= limit > 0 && request == limit;
            }
        }

        return !anything ? "BestEffort"
            : guaranteed ? "Guaranteed"
            : "Burstable";
    }

    /// <summary>Thousandths of the unit; 0 for an amount that is missing or unreadable.</summary>
    internal static decimal Amount(string? text) =>
        text is not null && Quantity.TryParse(text, out var quantity) ? quantity.MilliValue : 0;
}
