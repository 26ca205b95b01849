using System.Text.Json.Nodes;
using Holdfast.Hub.Admission;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// What a pod asks of a node, by resource in thousandths of its unit: PodRequests of k8s.io/component-helpers/resource.
/// Init containers run one after the other, each beside the sidecars that were started before it.
/// </summary>
internal static class PodRequests
{
    public static Dictionary<string, decimal> Of(JsonObject pod)
    {
        var spec = pod.At("spec");
        var sum = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var container in spec.ObjectsAt("containers"))
        {
            Add(sum, Requests(container));
        }

        var sidecars = new Dictionary<string, decimal>(StringComparer.Ordinal);
        var peak = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var container in spec.ObjectsAt("initContainers"))
        {
            var request = Requests(container);
            if (container.StringAt("restartPolicy") == "Always")
            {
                Add(sum, request);
                Add(sidecars, request);
                Raise(peak, sidecars);
            }
            else
            {
                Add(request, sidecars);
                Raise(peak, request);
            }
        }

        Raise(sum, peak);
        Add(sum, Amounts(spec.At("overhead")));
        return sum;
    }

    private static Dictionary<string, decimal> Requests(JsonObject container) =>
        Amounts(container.At("resources", "requests"));

    private static Dictionary<string, decimal> Amounts(JsonNode? list) =>
        (list as JsonObject ?? []).ToDictionary(
            e => e.Key,
            e => PodQuality.Amount(e.Value.AsText()),
            StringComparer.Ordinal
        );

    private static void Add(Dictionary<string, decimal> target, Dictionary<string, decimal> more)
    {
        foreach (var (name, amount) in more)
        {
            target[name] = target.GetValueOrDefault(name) + amount;
        }
    }

    private static void Raise(Dictionary<string, decimal> target, Dictionary<string, decimal> other)
    {
        foreach (var (name, amount) in other)
        {
            target[name] = Math.Max(target.GetValueOrDefault(name), amount);
        }
    }
}
