using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about the environment variables of a container, and about references to a pod's own fields.</summary>
internal static class EnvironmentValidation
{
    private static readonly string[] VariableFields =
    [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    private static readonly string[] VolumeFields =
    [
        "metadata.annotations",
        "metadata.labels",
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
    ];

    /// <summary>Fields that the downward API knows but a variable or a volume may not have.</summary>
    private static readonly string[] KnownFields =
    [
        .. VariableFields,
        .. VolumeFields,
        "spec.restartPolicy",
        "spec.schedulerName",
        "status.phase",
    ];
    private static readonly string[] Resources =
    [
        "limits.cpu",
        "limits.ephemeral-storage",
        "limits.memory",
        "requests.cpu",
        "requests.ephemeral-storage",
        "requests.memory",
    ];

    public static void Validate(JsonObject container, string path, List<FieldError> errors)
    {
        foreach (var (variable, i) in container.ObjectsAt("env").Select((e, i) => (e, i)))
        {
            var name = variable.StringAt("name") ?? "";
            if (name.Length == 0)
            {
                errors.Add(FieldError.Required($"{path}.env[{i}].name"));
            }
            else if (Names.CheckEnvName(name) is { } problem)
            {
                errors.Add(FieldError.Invalid($"{path}.env[{i}].name", name, problem));
            }

            if (variable.ObjectAt("valueFrom") is { } source)
            {
                ValueFrom(variable, source, $"{path}.env[{i}].valueFrom", errors);
            }
        }

        foreach (var (source, i) in container.ObjectsAt("envFrom").Select((e, i) => (e, i)))
        {
            EnvFrom(source, $"{path}.envFrom[{i}]", errors);
        }
    }

    /// <summary>A field of the pod as a file of a volume.</summary>
    public static void VolumeField(JsonObject reference, string place, List<FieldError> errors) =>
        Field(reference, VolumeFields, place, errors);

    public static void VolumeResource(JsonObject reference, string place, List<FieldError> errors)
    {
        if (reference.StringAt("containerName") is null or "")
        {
            errors.Add(FieldError.Required($"{place}.containerName"));
        }

        Resource(reference, place, errors);
    }

    private static void EnvFrom(JsonObject source, string place, List<FieldError> errors)
    {
        if (source.StringAt("prefix") is { Length: > 0 } prefix && Names.CheckEnvName(prefix) is { } problem)
        {
            errors.Add(FieldError.Invalid($"{place}.prefix", prefix, problem));
        }

        var references = new[] { "configMapRef", "secretRef" }.Where(f => source.ObjectAt(f) is not null).ToList();
        if (references.Count != 1)
        {
            errors.Add(
                FieldError.Invalid(
                    place,
                    "",
                    references.Count == 0
                        ? "must specify one of: `configMapRef` or `secretRef`"
                        : "may not have more than one field specified at a time"
                )
            );
        }

        foreach (var field in references)
        {
            if (source.At(field).StringAt("name") is null or "")
            {
                errors.Add(FieldError.Required($"{place}.{field}.name"));
            }
        }
    }

    private static void ValueFrom(JsonObject variable, JsonObject source, string place, List<FieldError> errors)
    {
        if (source.Count == 0)
        {
            errors.Add(
                FieldError.Invalid(
                    place,
                    "",
                    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
                )
            );
        }
        else if (variable.StringAt("value") is { Length: > 0 })
        {
            errors.Add(FieldError.Invalid(place, "", "may not be specified when `value` is not empty"));
        }
        else if (source.Count > 1)
        {
            errors.Add(FieldError.Invalid(place, "", "may not have more than one field specified at a time"));
        }

        foreach (var field in (ReadOnlySpan<string>)["configMapKeyRef", "secretKeyRef"])
        {
            if (source.ObjectAt(field) is { } reference)
            {
                Key(reference, $"{place}.{field}", errors);
            }
        }

        if (source.ObjectAt("fieldRef") is { } fieldRef)
        {
            Field(fieldRef, VariableFields, $"{place}.fieldRef", errors);
        }

        if (source.ObjectAt("resourceFieldRef") is { } resource)
        {
            Resource(resource, $"{place}.resourceFieldRef", errors);
        }
    }

    private static void Key(JsonObject reference, string place, List<FieldError> errors)
    {
        if (Names.CheckSubdomain(reference.StringAt("name") ?? "") is { } problem)
        {
            errors.Add(FieldError.Invalid($"{place}.name", reference.StringAt("name") ?? "", problem));
        }

        if (reference.StringAt("key") is not { Length: > 0 } key)
        {
            errors.Add(FieldError.Required($"{place}.key"));
        }
        else if (Names.CheckConfigKey(key) is { } cause)
        {
            errors.Add(FieldError.Invalid($"{place}.key", key, cause));
        }
    }

    private static void Field(JsonObject reference, string[] allowed, string place, List<FieldError> errors)
    {
        place += ".fieldPath";
        var path = reference.StringAt("fieldPath") ?? "";
        var bracket = path.IndexOf("['", StringComparison.Ordinal);
        if (path.Length == 0)
        {
            errors.Add(FieldError.Required(place));
        }
        else if (bracket > 0 && path.EndsWith("']", StringComparison.Ordinal))
        {
            Subscript(path[..bracket], path[(bracket + 2)..^2], place, errors);
        }
        else if (!KnownFields.Contains(path))
        {
            errors.Add(
                FieldError.Invalid(place, path, $"error converting fieldPath: field label not supported: {path}")
            );
        }
        else if (!allowed.Contains(path))
        {
            errors.Add(FieldError.NotSupported(place, path, allowed));
        }
    }

    private static void Subscript(string map, string key, string place, List<FieldError> errors)
    {
        if (map is not ("metadata.annotations" or "metadata.labels"))
        {
            errors.Add(FieldError.Invalid(place, map, "does not support subscript"));
        }
        else if (Names.CheckQualifiedName(map == "metadata.annotations" ? key.ToLowerInvariant() : key) is { } problem)
        {
            errors.Add(FieldError.Invalid(place, key, problem));
        }
    }

    private static void Resource(JsonObject reference, string place, List<FieldError> errors)
    {
        var resource = reference.StringAt("resource") ?? "";
        if (resource.Length == 0)
        {
            errors.Add(FieldError.Required($"{place}.resource"));
        }
        else if (!Resources.Contains(resource) && !IsHugePages(resource))
        {
            errors.Add(FieldError.NotSupported($"{place}.resource", resource, Resources));
        }
    }

    private static bool IsHugePages(string resource) =>
        resource.StartsWith("limits.hugepages-", StringComparison.Ordinal)
        || resource.StartsWith("requests.hugepages-", StringComparison.Ordinal);
}
