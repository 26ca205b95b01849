using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about selectors of labels and of nodes.</summary>
internal static class SelectorValidation
{
    /// <summary>A metav1.LabelSelector.</summary>
    public static void Labels(JsonObject selector, string path, List<FieldError> errors)
    {
        MetadataValidation.Labels(selector.MapAt("matchLabels"), $"{path}.matchLabels", errors);
        foreach (var (expression, i) in selector.ObjectsAt("matchExpressions").Select((e, i) => (e, i)))
        {
            Requirement(expression, $"{path}.matchExpressions[{i}]", errors);
        }
    }

    /// <summary>One requirement of node affinity, which may also compare numbers.</summary>
    public static void NodeRequirement(JsonObject requirement, string place, List<FieldError> errors)
    {
        if (requirement.StringAt("operator") is not ("Gt" or "Lt"))
        {
            Requirement(requirement, place, errors);
        }
        else if (requirement.StringsAt("values").Count() != 1)
        {
            errors.Add(
                FieldError.Required($"{place}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
            );
        }
    }

    private static void Requirement(JsonObject requirement, string place, List<FieldError> errors)
    {
        var hasValues = requirement.StringsAt("values").Any();
        switch (requirement.StringAt("operator"))
        {
            case "In" or "NotIn" when !hasValues:
                errors.Add(
                    FieldError.Required($"{place}.values", "must be specified when `operator` is 'In' or 'NotIn'")
                );
                break;
            case "Exists" or "DoesNotExist" when hasValues:
                errors.Add(
                    FieldError.Forbidden(
                        $"{place}.values",
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                    )
                );
                break;
            case "In" or "NotIn" or "Exists" or "DoesNotExist":
                break;
            case var other:
                errors.Add(FieldError.Invalid($"{place}.operator", other, "not a valid selector operator"));
                break;
        }

        if (Names.CheckQualifiedName(requirement.StringAt("key") ?? "") is { } problem)
        {
            errors.Add(FieldError.Invalid($"{place}.key", requirement.StringAt("key") ?? "", problem));
        }
    }
}
