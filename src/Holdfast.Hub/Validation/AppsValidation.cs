using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about deployments and replica sets.</summary>
internal static class AppsValidation
{
    public static void Deployment(JsonObject deployment, JsonObject? old, List<FieldError> errors)
    {
        var spec = deployment.Ensure("spec");
        Common(spec, old.ObjectAt("spec"), errors);
        NotNegative(spec, "revisionHistoryLimit", errors);
        NotNegative(spec, "progressDeadlineSeconds", errors);
        var strategy = spec.ObjectAt("strategy");
        var type = strategy.StringAt("type") ?? "";
        if (type is not ("Recreate" or "RollingUpdate"))
        {
            errors.Add(FieldError.NotSupported("spec.strategy.type", type, "Recreate", "RollingUpdate"));
        }

        if (type == "Recreate" && strategy.ObjectAt("rollingUpdate") is not null)
        {
            errors.Add(
                FieldError.Forbidden(
                    "spec.strategy.rollingUpdate",
                    "may not be specified when strategy `type` is 'Recreate'"
                )
            );
        }

        if (strategy.ObjectAt("rollingUpdate") is { } rolling)
        {
            RollingUpdate(rolling, errors);
        }
    }

    public static void ReplicaSet(JsonObject replicaSet, JsonObject? old, List<FieldError> errors) =>
        Common(replicaSet.Ensure("spec"), old.ObjectAt("spec"), errors);

    private static void Common(JsonObject spec, JsonObject? oldSpec, List<FieldError> errors)
    {
        NotNegative(spec, "replicas", errors);
        NotNegative(spec, "minReadySeconds", errors);
        var selector = spec.ObjectAt("selector");
        var labels = spec.At("template", "metadata").MapAt("labels");
        if (selector is null)
        {
            errors.Add(FieldError.Required("spec.selector"));
        }
        else if (
            selector.ObjectAt("matchLabels") is not { Count: > 0 }
            && !selector.ObjectsAt("matchExpressions").Any()
        )
        {
            errors.Add(FieldError.Invalid("spec.selector", "{}", "empty selector is invalid for deployment"));
        }
        else
        {
            SelectorValidation.Labels(selector, "spec.selector", errors);
            if (!SelectorMatch.Matches(selector, labels))
            {
                errors.Add(
                    FieldError.Invalid(
                        "spec.template.metadata.labels",
                        LabelText(labels),
                        "`selector` does not match template `labels`"
                    )
                );
            }
        }

        if (oldSpec is not null && !JsonNode.DeepEquals(oldSpec.At("selector"), selector))
        {
            errors.Add(FieldError.Invalid("spec.selector", selector?.ToJsonString(), "field is immutable"));
        }

        MetadataValidation.Labels(labels, "spec.template.metadata.labels", errors);
        MetadataValidation.Annotations(
            spec.At("template", "metadata").MapAt("annotations"),
            "spec.template.metadata.annotations",
            errors
        );
        var podSpec = spec.Ensure("template").Ensure("spec");
        if (!JsonNode.DeepEquals(podSpec, oldSpec.At("template", "spec")))
        {
            PodValidation.ValidateTemplate(podSpec, "spec.template.spec", errors);
        }

        if (podSpec.StringAt("restartPolicy") is { } policy and not "Always")
        {
            errors.Add(FieldError.NotSupported("spec.template.spec.restartPolicy", policy, "Always"));
        }

        if (podSpec.IntAt("activeDeadlineSeconds") is not null)
        {
            errors.Add(
                FieldError.Forbidden(
                    "spec.template.spec.activeDeadlineSeconds",
                    "activeDeadlineSeconds in ReplicaSet is not Supported"
                )
            );
        }
    }

    private static void RollingUpdate(JsonObject rolling, List<FieldError> errors)
    {
        var zero = 0;
        foreach (var field in (ReadOnlySpan<string>)["maxUnavailable", "maxSurge"])
        {
            var place = $"spec.strategy.rollingUpdate.{field}";
            var value = rolling.At(field);
            var amount = value.AsInt() ?? Percent(value.AsText());
            if (amount is null)
            {
                errors.Add(
                    FieldError.Invalid(
                        place,
                        value.AsText(),
                        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
                            + "regex used for validation is '[0-9]+%')"
                    )
                );
            }
            else if (amount < 0)
            {
                errors.Add(FieldError.Invalid(place, amount, "must be greater than or equal to 0"));
            }

            zero += amount == 0 ? 1 : 0;
        }

        if (zero == 2)
        {
            errors.Add(
                FieldError.Invalid("spec.strategy.rollingUpdate.maxUnavailable", 0, "may not be 0 when `maxSurge` is 0")
            );
        }
    }

    private static long? Percent(string? text) =>
        text is { Length: > 1 and < 6 } && text[^1] == '%' && text[..^1].All(char.IsAsciiDigit)
            ? long.Parse(text[..^1])
            : null;

    private static void NotNegative(JsonObject spec, string field, List<FieldError> errors)
    {
        if (spec.IntAt(field) is < 0 and var value)
        {
            errors.Add(FieldError.Invalid($"spec.{field}", value, "must be greater than or equal to 0"));
        }
    }

    private static string LabelText(IReadOnlyDictionary<string, string> labels) =>
        "{" + string.Join(",", labels.Select(l => $"\"{l.Key}\":\"{l.Value}\"")) + "}";
}
