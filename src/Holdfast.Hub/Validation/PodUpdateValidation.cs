using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Validation;

/// <summary>What an update may change of a pod: ValidatePodUpdate of k8s.io/kubernetes/pkg/apis/core/validation.</summary>
internal static class PodUpdateValidation
{
    private const string OnlyThese =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    private static readonly string[] ContainerLists = ["initContainers", "containers"];

    public static void Validate(JsonObject spec, JsonObject old, List<FieldError> errors)
    {
        foreach (var list in ContainerLists)
        {
            if (spec.ObjectsAt(list).Count() != old.ObjectsAt(list).Count())
            {
                errors.Add(FieldError.Forbidden($"spec.{list}", "pod updates may not add or remove containers"));
                return;
            }
        }

        ActiveDeadline(spec, old, errors);
        Tolerations(spec, old, errors);
        Gates(spec, old, errors);
        var isGated = old.ObjectsAt("schedulingGates").Any();
        if (isGated)
        {
            NodeSelector(spec, old, errors);
            NodeAffinity(spec, old, errors);
        }

        if (!JsonNode.DeepEquals(Fixed(spec, isGated), Fixed(old, isGated)))
        {
            errors.Add(FieldError.Forbidden("spec", OnlyThese));
        }
    }

    private static void ActiveDeadline(JsonObject spec, JsonObject old, List<FieldError> errors)
    {
        const string Path = "spec.activeDeadlineSeconds";
        var (now, before) = (spec.IntAt("activeDeadlineSeconds"), old.IntAt("activeDeadlineSeconds"));
        if (now is null && before is not null)
        {
            errors.Add(FieldError.Invalid(Path, null, "must not update from a positive integer to nil value"));
        }
        else if (now > before)
        {
            errors.Add(FieldError.Invalid(Path, now, "must be less than or equal to previous value"));
        }
    }

    private static void Tolerations(JsonObject spec, JsonObject old, List<FieldError> errors)
    {
        var kept = spec.ObjectsAt("tolerations").Select(WithoutSeconds).ToList();
        if (old.ObjectsAt("tolerations").Select(WithoutSeconds).Any(t => !kept.Exists(k => JsonNode.DeepEquals(k, t))))
        {
            errors.Add(
                FieldError.Forbidden(
                    "spec.tolerations",
                    "existing toleration can not be modified except its tolerationSeconds"
                )
            );
        }
    }

    private static JsonNode WithoutSeconds(JsonObject toleration)
    {
        var copy = toleration.DeepClone().AsObject();
        copy.Remove("tolerationSeconds");
        return copy;
    }

    private static void Gates(JsonObject spec, JsonObject old, List<FieldError> errors)
    {
        var before = old.ObjectsAt("schedulingGates").Select(g => g.StringAt("name")).ToHashSet();
        foreach (var (gate, i) in spec.ObjectsAt("schedulingGates").Select((g, i) => (g.StringAt("name"), i)))
        {
            if (!before.Contains(gate))
            {
                errors.Add(
                    FieldError.Forbidden(
                        $"spec.schedulingGates[{i}].name",
                        $"only deletion is allowed, but found new scheduling gate '{gate}'"
                    )
                );
            }
        }
    }

    /// <summary>Whoever holds a pod back with a gate may narrow where it runs.</summary>
    private static void NodeSelector(JsonObject spec, JsonObject old, List<FieldError> errors)
    {
        var now = spec.MapAt("nodeSelector");
        if (old.MapAt("nodeSelector").Any(e => now.GetValueOrDefault(e.Key) != e.Value))
        {
            errors.Add(
                FieldError.Invalid(
                    "spec.nodeSelector",
                    spec.At("nodeSelector"),
                    "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
                )
            );
        }
    }

    private static void NodeAffinity(JsonObject spec, JsonObject old, List<FieldError> errors)
    {
        const string Path =
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
        var before = Terms(old);
        var now = Terms(spec);
        if (before.Count == 0)
        {
            return;
        }

        if (before.Count != now.Count)
        {
            errors.Add(
                FieldError.Invalid(
                    Path,
                    new JsonArray([.. now.Select(t => t.DeepClone())]),
                    "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
                )
            );
            return;
        }

        for (var i = 0; i < now.Count; i++)
        {
            if (!IsNarrowed(now[i], before[i], "matchExpressions") || !IsNarrowed(now[i], before[i], "matchFields"))
            {
                errors.Add(
                    FieldError.Invalid($"{Path}[{i}]", now[i], "only additions are allowed (no mutations or deletions)")
                );
            }
        }
    }

    private static List<JsonObject> Terms(JsonObject spec) =>
        [
            .. spec.At("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
                .ObjectsAt("nodeSelectorTerms"),
        ];

    private static bool IsNarrowed(JsonObject now, JsonObject before, string list) =>
        before.ObjectsAt(list).Zip(now.ObjectsAt(list).Append([])).All(p => JsonNode.DeepEquals(p.First, p.Second))
        && before.ObjectsAt(list).Count() <= now.ObjectsAt(list).Count();

    /// <summary>The spec without what an update may change.</summary>
    private static JsonObject Fixed(JsonObject spec, bool isGated)
    {
        var copy = (JsonObject)spec.DeepClone();
        copy.Remove("activeDeadlineSeconds");
        copy.Remove("tolerations");
        copy.Remove("schedulingGates");
        if (isGated)
        {
            copy.Remove("nodeSelector");
            copy.At("affinity").ObjectAt("nodeAffinity")?.Remove("requiredDuringSchedulingIgnoredDuringExecution");
            if (copy.At("affinity").ObjectAt("nodeAffinity") is { Count: 0 })
            {
                copy.ObjectAt("affinity")!.Remove("nodeAffinity");
            }

            if (copy.ObjectAt("affinity") is { Count: 0 })
            {
                copy.Remove("affinity");
            }
        }

        foreach (var container in ContainerLists.SelectMany(copy.ObjectsAt))
        {
            container.Remove("image");
        }

        return copy;
    }
}
