using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Admission;

/// <summary>
/// What Kubernetes' RuntimeClass admission plugin does: the class must exist, its overhead and its node constraints
/// become part of the pod.
/// </summary>
internal static class RuntimeClassAdmission
{
    public static void Admit(JsonObject pod, ObjectLookup find)
    {
        var spec = pod.Ensure("spec");
        if (spec.StringAt("runtimeClassName") is not { Length: > 0 } name)
        {
            if (spec.ObjectAt("overhead") is { Count: > 0 })
            {
                throw Refuse(pod, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
            }

            return;
        }

        var runtimeClass =
            find(NodeResources.RuntimeClasses, "", name)
            ?? throw Refuse(pod, $"pod rejected: RuntimeClass \"{name}\" not found");
        AddOverhead(pod, spec, runtimeClass);
        AddScheduling(pod, spec, runtimeClass);
    }

    private static void AddOverhead(JsonObject pod, JsonObject spec, JsonObject runtimeClass)
    {
        var wanted = runtimeClass.At("overhead").ObjectAt("podFixed");
        var given = spec.ObjectAt("overhead");
        if (given is { Count: > 0 } && !JsonNode.DeepEquals(given, wanted ?? []))
        {
            throw Refuse(pod, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        }

        if (wanted is { Count: > 0 })
        {
            spec["overhead"] = wanted.DeepClone();
        }
    }

    private static void AddScheduling(JsonObject pod, JsonObject spec, JsonObject runtimeClass)
    {
        foreach (var (key, value) in runtimeClass.At("scheduling").MapAt("nodeSelector"))
        {
            var selector = spec.Ensure("nodeSelector");
            if (selector.StringAt(key) is { } given && given != value)
            {
                throw Refuse(
                    pod,
                    $"conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {given}"
                );
            }

            selector[key] = value;
        }

        foreach (var toleration in runtimeClass.At("scheduling").ObjectsAt("tolerations"))
        {
            if (spec["tolerations"] is not JsonArray tolerations)
            {
                spec["tolerations"] = tolerations = [];
            }

            if (!tolerations.Any(t => JsonNode.DeepEquals(t, toleration)))
            {
                tolerations.Add(toleration.DeepClone());
            }
        }
    }

    private static ApiException Refuse(JsonObject pod, string cause) =>
        ApiException.Forbidden(PodResources.Pods, pod.MetaName, cause);
}
