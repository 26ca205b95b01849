using System.Text.Json.Nodes;
using Holdfast.Hub.Admission;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about one container of a pod.</summary>
internal static class ContainerValidation
{
    private static readonly string[] ProbeNames = ["livenessProbe", "readinessProbe", "startupProbe"];
    private static readonly string[] ProbeActions = ["exec", "httpGet", "tcpSocket", "grpc"];
    private static readonly string[] LifecycleActions = ["exec", "httpGet", "tcpSocket", "sleep"];

    public static void Validate(
        JsonObject container,
        string path,
        HashSet<string> names,
        IReadOnlySet<string> volumes,
        List<FieldError> errors
    )
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

        var image = container.StringAt("image") ?? "";
        if (image.Length == 0)
        {
            errors.Add(FieldError.Required($"{path}.image"));
        }
        else if (image.Trim() != image)
        {
            errors.Add(FieldError.Invalid($"{path}.image", image, "must not have leading or trailing whitespace"));
        }

        PodValidation.OneOf(container, "imagePullPolicy", path, errors, "Always", "IfNotPresent", "Never");
        PodValidation.OneOf(container, "terminationMessagePolicy", path, errors, "FallbackToLogsOnError", "File");
        Ports(container, path, errors);
        Environment(container, path, errors);
        Mounts(container, path, volumes, errors);
        Resources(container, path, errors);
        Probes(container, path, errors);
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

            PodValidation.OneOf(port, "protocol", place, errors, "SCTP", "TCP", "UDP");
        }
    }

    private static void Environment(JsonObject container, string path, List<FieldError> errors)
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
            var kinds =
                (source.ObjectAt("configMapRef") is null ? 0 : 1) + (source.ObjectAt("secretRef") is null ? 0 : 1);
            if (kinds != 1)
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{path}.envFrom[{i}]",
                        "",
                        kinds == 0
                            ? "must specify one of: `configMapRef` or `secretRef`"
                            : "may not have more than one field specified at a time"
                    )
                );
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
        else if (source.Count > 1)
        {
            errors.Add(FieldError.Invalid(place, "", "may not have more than one field specified at a time"));
        }

        if (variable.StringAt("value") is { Length: > 0 })
        {
            errors.Add(FieldError.Invalid(place, "", "may not be specified when `value` is not empty"));
        }

        foreach (var field in (ReadOnlySpan<string>)["configMapKeyRef", "secretKeyRef"])
        {
            if (source.ObjectAt(field) is { } reference && reference.StringAt("key") is null or "")
            {
                errors.Add(FieldError.Required($"{place}.{field}.key"));
            }
        }

        if (source.ObjectAt("fieldRef") is { } fieldRef && fieldRef.StringAt("fieldPath") is null or "")
        {
            errors.Add(FieldError.Required($"{place}.fieldRef.fieldPath"));
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

            if (mount.StringAt("subPath") is { Length: > 0 } sub)
            {
                if (sub.StartsWith('/'))
                {
                    errors.Add(FieldError.Invalid($"{place}.subPath", sub, "must be a relative path"));
                }

                if (sub.Split('/').Contains(".."))
                {
                    errors.Add(FieldError.Invalid($"{place}.subPath", sub, "must not contain '..'"));
                }
            }
        }
    }

    private static void Resources(JsonObject container, string path, List<FieldError> errors)
    {
        var limits = container.ObjectAt("resources").MapAt("limits");
        var requests = container.ObjectAt("resources").MapAt("requests");
        foreach (var (kind, amounts) in new[] { ("limits", limits), ("requests", requests) })
        {
            foreach (var (name, amount) in amounts)
            {
                if (PodQuality.Amount(amount) < 0)
                {
                    errors.Add(
                        FieldError.Invalid(
                            $"{path}.resources.{kind}[{name}]",
                            amount,
                            "must be greater than or equal to 0"
                        )
                    );
                }

                if (Names.CheckQualifiedName(name) is { } problem)
                {
                    errors.Add(FieldError.Invalid($"{path}.resources.{kind}.{name}", name, problem));
                }
            }
        }

        foreach (var (name, request) in requests)
        {
            if (limits.TryGetValue(name, out var limit) && PodQuality.Amount(request) > PodQuality.Amount(limit))
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{path}.resources.requests",
                        request,
                        $"must be less than or equal to {name} limit of {limit}"
                    )
                );
            }
        }
    }

    private static void Probes(JsonObject container, string path, List<FieldError> errors)
    {
        foreach (var name in ProbeNames)
        {
            if (container.ObjectAt(name) is not { } probe)
            {
                continue;
            }

            OneAction(probe, ProbeActions, $"{path}.{name}", errors);
            foreach (
                var field in (ReadOnlySpan<string>)
                    ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold"]
            )
            {
                if (probe.IntAt(field) is < 0 and var value)
                {
                    errors.Add(
                        FieldError.Invalid($"{path}.{name}.{field}", value, "must be greater than or equal to 0")
                    );
                }
            }

            if (name != "readinessProbe" && probe.IntAt("successThreshold") is not (null or 1) and var success)
            {
                errors.Add(FieldError.Invalid($"{path}.{name}.successThreshold", success, "must be 1"));
            }
        }

        foreach (var hook in (ReadOnlySpan<string>)["postStart", "preStop"])
        {
            if (container.At("lifecycle").ObjectAt(hook) is { } handler)
            {
                OneAction(handler, LifecycleActions, $"{path}.lifecycle.{hook}", errors);
            }
        }
    }

    private static void OneAction(JsonObject handler, string[] actions, string place, List<FieldError> errors)
    {
        var given = actions.Where(handler.ContainsKey).ToList();
        if (given.Count == 0)
        {
            errors.Add(FieldError.Required(place, "must specify a handler type"));
        }

        foreach (var extra in given.Skip(1))
        {
            errors.Add(FieldError.Forbidden($"{place}.{extra}", "may not specify more than 1 handler type"));
        }

        if (handler.ObjectAt("exec") is { } exec && !exec.StringsAt("command").Any())
        {
            errors.Add(FieldError.Required($"{place}.exec.command"));
        }

        foreach (var action in (ReadOnlySpan<string>)["httpGet", "tcpSocket"])
        {
            if (handler.ObjectAt(action) is { } target)
            {
                var port = target.At("port");
                var problem =
                    port.AsInt() is { } number ? PortRules.Check(number)
                    : port.AsText() is { Length: > 0 } name ? Names.CheckPortName(name)
                    : PortRules.Check(0);
                if (problem is not null)
                {
                    errors.Add(
                        FieldError.Invalid(
                            $"{place}.{action}.port",
                            port.AsText() ?? (object)(port.AsInt() ?? 0),
                            problem
                        )
                    );
                }
            }
        }
    }
}
