using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about where a pod may run: tolerations, affinity, spreading, gates.</summary>
internal static class SchedulingValidation
{
    public static void Validate(JsonObject spec, string path, List<FieldError> errors)
    {
        MetadataValidation.Labels(spec.MapAt("nodeSelector"), $"{path}.nodeSelector", errors);
        Each(spec, "tolerations", path, errors, Toleration);
        Each(spec, "topologySpreadConstraints", path, errors, Spread);
        Gates(spec, path, errors);
        if (spec.ObjectAt("affinity") is not { } affinity)
        {
            return;
        }

        NodeAffinity(affinity, $"{path}.affinity.nodeAffinity", errors);
        PodAffinity(affinity, "podAffinity", $"{path}.affinity", errors);
        PodAffinity(affinity, "podAntiAffinity", $"{path}.affinity", errors);
    }

    private static void Toleration(JsonObject toleration, string place, List<FieldError> errors)
    {
        var key = toleration.StringAt("key") ?? "";
        var operation = toleration.StringAt("operator") ?? "";
        var value = toleration.StringAt("value") ?? "";
        var effect = toleration.StringAt("effect") ?? "";
        if (key.Length > 0 && Names.CheckQualifiedName(key) is { } problem)
        {
            errors.Add(FieldError.Invalid($"{place}.key", key, problem));
        }

        if (key.Length == 0 && operation != "Exists")
        {
            errors.Add(
                FieldError.Invalid(
                    $"{place}.operator",
                    operation,
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\""
                )
            );
        }

        if (toleration.IntAt("tolerationSeconds") is not null && effect != "NoExecute")
        {
            errors.Add(
                FieldError.Invalid(
                    $"{place}.effect",
                    effect,
                    "effect must be 'NoExecute' when `tolerationSeconds` is set"
                )
            );
        }

        if (operation is "Equal" or "" && Names.CheckLabelValue(value) is { } cause)
        {
            errors.Add(FieldError.Invalid($"{place}.operator", value, cause));
        }
        else if (operation == "Exists" && value.Length > 0)
        {
            errors.Add(
                FieldError.Invalid($"{place}.operator", toleration, "value must be empty when `operator` is 'Exists'")
            );
        }
        else if (operation is not ("Equal" or "" or "Exists"))
        {
            errors.Add(FieldError.NotSupported($"{place}.operator", operation, "Equal", "Exists"));
        }

        if (effect.Length > 0)
        {
            PodValidation.OneOf(toleration, "effect", place, errors, "NoSchedule", "PreferNoSchedule", "NoExecute");
        }
    }

    private static void Spread(JsonObject constraint, string place, List<FieldError> errors)
    {
        Positive(constraint, "maxSkew", isRequired: true, place, errors);
        Positive(constraint, "minDomains", isRequired: false, place, errors);
        TopologyKey(constraint, place, errors);
        var otherwise = constraint.StringAt("whenUnsatisfiable") ?? "";
        if (otherwise is not ("DoNotSchedule" or "ScheduleAnyway"))
        {
            errors.Add(
                FieldError.NotSupported($"{place}.whenUnsatisfiable", otherwise, "DoNotSchedule", "ScheduleAnyway")
            );
        }
        else if (constraint.IntAt("minDomains") is { } domains && otherwise != "DoNotSchedule")
        {
            errors.Add(
                FieldError.Invalid(
                    $"{place}.minDomains",
                    domains,
                    $"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {otherwise}"
                )
            );
        }
    }

    private static void Positive(
        JsonObject constraint,
        string field,
        bool isRequired,
        string place,
        List<FieldError> errors
    )
    {
        if ((constraint.IntAt(field) ?? (isRequired ? 0 : 1)) is <= 0 and var value)
        {
            errors.Add(FieldError.Invalid($"{place}.{field}", value, "must be greater than zero"));
        }
    }

    private static void TopologyKey(JsonObject term, string place, List<FieldError> errors)
    {
        var key = term.StringAt("topologyKey") ?? "";
        if (key.Length == 0)
        {
            errors.Add(FieldError.Required($"{place}.topologyKey", "can not be empty"));
        }
        else if (Names.CheckQualifiedName(key) is { } problem)
        {
            errors.Add(FieldError.Invalid($"{place}.topologyKey", key, problem));
        }
    }

    private static void Gates(JsonObject spec, string path, List<FieldError> errors)
    {
        var names = new HashSet<string>();
        foreach (var (name, i) in spec.ObjectsAt("schedulingGates").Select((g, i) => (g.StringAt("name") ?? "", i)))
        {
            var place = $"{path}.schedulingGates[{i}]";
            if (Names.CheckQualifiedName(name) is { } problem)
            {
                errors.Add(FieldError.Invalid(place, name, problem));
            }
            else if (!names.Add(name))
            {
                errors.Add(FieldError.Duplicate(place, name));
            }
        }

        if (names.Count > 0 && spec.StringAt("nodeName") is { Length: > 0 })
        {
            errors.Add(
                FieldError.Forbidden($"{path}.nodeName", "cannot be set until all schedulingGates have been cleared")
            );
        }
    }

    private static void NodeAffinity(JsonObject affinity, string path, List<FieldError> errors)
    {
        var node = affinity.ObjectAt("nodeAffinity");
        if (node.ObjectAt("requiredDuringSchedulingIgnoredDuringExecution") is { } required)
        {
            var place = $"{path}.requiredDuringSchedulingIgnoredDuringExecution";
            if (!required.ObjectsAt("nodeSelectorTerms").Any())
            {
                errors.Add(
                    FieldError.Required($"{place}.nodeSelectorTerms", "must have at least one node selector term")
                );
            }

            Each(required, "nodeSelectorTerms", place, errors, Term);
        }

        Each(
            node,
            "preferredDuringSchedulingIgnoredDuringExecution",
            path,
            errors,
            (preferred, place, found) =>
            {
                Weight(preferred, place, found);
                Term(preferred.ObjectAt("preference") ?? [], $"{place}.preference", found);
            }
        );
    }

    private static void Term(JsonObject term, string place, List<FieldError> errors)
    {
        Each(term, "matchExpressions", place, errors, SelectorValidation.NodeRequirement);
        Each(term, "matchFields", place, errors, SelectorValidation.NodeRequirement);
    }

    private static void PodAffinity(JsonObject affinity, string field, string path, List<FieldError> errors)
    {
        var pods = affinity.ObjectAt(field);
        Each(pods, "requiredDuringSchedulingIgnoredDuringExecution", $"{path}.{field}", errors, PodTerm);
        Each(
            pods,
            "preferredDuringSchedulingIgnoredDuringExecution",
            $"{path}.{field}",
            errors,
            (preferred, place, found) =>
            {
                Weight(preferred, place, found);
                PodTerm(preferred.ObjectAt("podAffinityTerm") ?? [], $"{place}.podAffinityTerm", found);
            }
        );
    }

    private static void PodTerm(JsonObject term, string place, List<FieldError> errors)
    {
        if (term.ObjectAt("labelSelector") is { } selector)
        {
            SelectorValidation.Labels(selector, $"{place}.labelSelector", errors);
        }

        TopologyKey(term, place, errors);
    }

    private static void Weight(JsonObject preferred, string place, List<FieldError> errors)
    {
        if (preferred.IntAt("weight") is not (>= 1 and <= 100))
        {
            errors.Add(
                FieldError.Invalid($"{place}.weight", preferred.IntAt("weight") ?? 0, "must be in the range 1-100")
            );
        }
    }

    private static void Each(
        JsonObject? owner,
        string list,
        string path,
        List<FieldError> errors,
        Action<JsonObject, string, List<FieldError>> validate
    )
    {
        foreach (var (item, i) in owner.ObjectsAt(list).Select((x, i) => (x, i)))
        {
            validate(item, $"{path}.{list}[{i}]", errors);
        }
    }
}
