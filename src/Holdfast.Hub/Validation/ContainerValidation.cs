using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about one container of a pod.</summary>
internal static class ContainerValidation
{
    private const string Always = "Always";

    /// <param name="names">The names of the containers before this one; its own is added.</param>
    public static void Validate(
        JsonObject container,
        string path,
        HashSet<string> names,
        IReadOnlySet<string> volumes,
        List<FieldError> errors
    )
    {
        Name(container, path, names, errors);
        var image = container.StringAt("image") ?? "";
        if (image.Length == 0)
        {
            errors.Add(FieldError.Required($"{path}.image"));
        }
        else if (image.Trim() != image)
        {
            errors.Add(FieldError.Invalid($"{path}.image", image, "must not have leading or trailing whitespace"));
        }

        PodValidation.OneOf(container, "imagePullPolicy", path, errors, Always, "IfNotPresent", "Never");
        PodValidation.OneOf(container, "terminationMessagePolicy", path, errors, "FallbackToLogsOnError", "File");
        Ports(container, path, errors);
        EnvironmentValidation.Validate(container, path, errors);
        Mounts(container, path, volumes, errors);
        ResourceValidation.Validate(container, path, errors);
        SecurityValidation.OfContainer(container, path, errors);
    }

    /// <summary>What differs between the containers that a pod runs and those that run before.</summary>
    public static void ValidateRole(JsonObject container, bool isInit, string path, long grace, List<FieldError> errors)
    {
        if (!isInit && container.At("restartPolicy") is not null)
        {
            errors.Add(FieldError.Forbidden($"{path}.restartPolicy", "may not be set for non-init containers"));
        }

        if (isInit && container.StringAt("restartPolicy") != Always)
        {
            PodValidation.OneOf(container, "restartPolicy", path, errors, Always);
            ProbeValidation.Refuse(container, path, errors);
        }
        else
        {
            ProbeValidation.Validate(container, path, grace, errors);
        }

        if (isInit && container.ArrayAt("resizePolicy") is { Count: > 0 } resize)
        {
            errors.Add(FieldError.Invalid($"{path}.resizePolicy", resize, "must not be set for init containers"));
        }
    }

    private static void Name(JsonObject container, string path, HashSet<string> names, List<FieldError> errors)
    {
        var name = container.StringAt("name") ?? "";
        if (name.Length == 0)
        {
            errors.Add(FieldError.Required($"{path}.name"));
        }
        else if (Names.CheckLabel(name) is { } problem)
        {
            errors.Add(FieldError.Invalid($"{path}.name", name, problem));
        }
        else if (!names.Add(name))
        {
            errors.Add(FieldError.Duplicate($"{path}.name", name));
        }
    }

    private static void Ports(JsonObject container, string path, List<FieldError> errors)
    {
        var names = new HashSet<string>();
        foreach (var (port, i) in container.ObjectsAt("ports").Select((p, i) => (p, i)))
        {
            var place = $"{path}.ports[{i}]";
            if (port.StringAt("name") is { Length: > 0 } name)
            {
                if (Names.CheckPortName(name) is { } problem)
                {
                    errors.Add(FieldError.Invalid($"{place}.name", name, problem));
                }
                else if (!names.Add(name))
                {
                    errors.Add(FieldError.Duplicate($"{place}.name", name));
                }
            }

            if (port.IntAt("containerPort") is not { } number || number == 0)
            {
                errors.Add(FieldError.Required($"{place}.containerPort"));
            }
            else if (PortRules.Check(number) is { } problem)
            {
                errors.Add(FieldError.Invalid($"{place}.containerPort", number, problem));
            }

            if (port.IntAt("hostPort") is { } host && host != 0 && PortRules.Check(host) is { } cause)
            {
                errors.Add(FieldError.Invalid($"{place}.hostPort", host, cause));
            }

            if (port.StringAt("hostIP") is { Length: > 0 } address)
            {
                AddressRules.Check(address, $"{place}.hostIP", errors);
            }

            PodValidation.OneOf(port, "protocol", place, errors, "SCTP", "TCP", "UDP");
        }
    }

    private static void Mounts(JsonObject container, string path, IReadOnlySet<string> volumes, List<FieldError> errors)
    {
        var taken = new HashSet<string>();
        foreach (var (mount, i) in container.ObjectsAt("volumeMounts").Select((m, i) => (m, i)))
        {
            var place = $"{path}.volumeMounts[{i}]";
            var name = mount.StringAt("name") ?? "";
            if (name.Length == 0)
            {
                errors.Add(FieldError.Required($"{place}.name"));
            }
            else if (!volumes.Contains(name))
            {
                errors.Add(FieldError.NotFound($"{place}.name", name));
            }

            var target = mount.StringAt("mountPath") ?? "";
            if (target.Length == 0)
            {
                errors.Add(FieldError.Required($"{place}.mountPath"));
            }
            else if (!taken.Add(target))
            {
                errors.Add(FieldError.Invalid($"{place}.mountPath", target, "must be unique"));
            }

            SubPath(mount, place, errors);
            PodValidation.OneOf(mount, "mountPropagation", place, errors, "Bidirectional", "HostToContainer", "None");
            if (
                mount.StringAt("mountPropagation") == "Bidirectional"
                && !container.At("securityContext").BoolAt("privileged")
            )
            {
                errors.Add(
                    FieldError.Forbidden(
                        $"{place}.mountPropagation",
                        "Bidirectional mount propagation is available only to privileged containers"
                    )
                );
            }
        }
    }

    private static void SubPath(JsonObject mount, string place, List<FieldError> errors)
    {
        var sub = mount.StringAt("subPath") ?? "";
        if (sub.Length > 0)
        {
            PathRules.Descending(sub, $"{place}.subPath", errors);
        }

        if (mount.StringAt("subPathExpr") is { Length: > 0 } expression)
        {
            if (sub.Length > 0)
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{place}.subPathExpr",
                        expression,
                        "subPathExpr and subPath are mutually exclusive"
                    )
                );
            }

            PathRules.Descending(expression, $"{place}.subPathExpr", errors);
        }
    }
}
