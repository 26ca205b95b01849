using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Admission;

/// <summary>
/// What Kubernetes' Priority admission plugin does with the two classes that every cluster has; others cannot be made here.
/// </summary>
internal static class PriorityAdmission
{
    private const string PreemptLower = "PreemptLowerPriority";

    public static void Admit(JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        var name = spec.StringAt("priorityClassName") ?? "";
        long priority = name switch
        {
            "" => 0,
            "system-cluster-critical" => 2_000_000_000,
            "system-node-critical" => 2_000_001_000,
            _ => throw Refuse(pod, $"no PriorityClass with name {name} was found"),
        };
        if (spec.IntAt("priority") is { } given && given != priority)
        {
            throw Refuse(
                pod,
                $"the integer value of priority ({given}) must not be provided in pod spec; priority admission controller "
                    + $"computed {priority} from the given PriorityClass name"
            );
        }

        spec["priority"] = priority;
        PodDefaults.Default(spec, "preemptionPolicy", PreemptLower);
    }

    private static ApiException Refuse(JsonObject pod, string cause) =>
        ApiException.Forbidden(PodResources.Pods, pod.MetaName, cause);
}
