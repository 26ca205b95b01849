using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about pods; all of them at once, worded as k8s.io/kubernetes/pkg/apis/core/validation words them.</summary>
internal static class PodValidation
{
    public static void Validate(JsonObject pod, JsonObject? old, List<FieldError> errors)
    {
        var spec = pod.Ensure("spec");
        if (old is null)
        {
            ValidateSpec(spec, "spec", errors);
            if (spec.ArrayAt("ephemeralContainers") is { Count: > 0 })
            {
                errors.Add(FieldError.Forbidden("spec.ephemeralContainers", "cannot be set on create"));
            }
        }
        else if (!JsonNode.DeepEquals(spec, old.At("spec")))
        {
            // What was accepted once stays acceptable: an older version of this program may have known fewer rules.
            ValidateSpec(spec, "spec", errors);
            PodUpdateValidation.Validate(spec, old.ObjectAt("spec") ?? [], errors);
        }
    }

    /// <summary>The pod of a template.</summary>
    public static void ValidateTemplate(JsonObject spec, string path, List<FieldError> errors)
    {
        ValidateSpec(spec, path, errors);
        if (spec.ArrayAt("ephemeralContainers") is { Count: > 0 })
        {
            errors.Add(
                FieldError.Forbidden($"{path}.ephemeralContainers", "ephemeral containers not allowed in pod template")
            );
        }
    }

    private static void ValidateSpec(JsonObject spec, string path, List<FieldError> errors)
    {
        var volumes = VolumeValidation.Validate(spec, $"{path}.volumes", errors);
        Containers(spec, path, volumes, errors);
        HostPorts(spec, path, errors);
        OneOf(spec, "restartPolicy", path, errors, "Always", "OnFailure", "Never");
        Range(spec, "terminationGracePeriodSeconds", 0, path, errors);
        Range(spec, "activeDeadlineSeconds", 1, path, errors);
        SecurityValidation.OfPod(spec, path, errors);
        SchedulingValidation.Validate(spec, path, errors);
        SpecNames(spec, path, errors);
        NameResolution(spec, path, errors);
    }

    private static void Containers(JsonObject spec, string path, IReadOnlySet<string> volumes, List<FieldError> errors)
    {
        if (!spec.ObjectsAt("containers").Any())
        {
            errors.Add(FieldError.Required($"{path}.containers"));
        }

        var names = new HashSet<string>();
        var grace = spec.IntAt("terminationGracePeriodSeconds") ?? 0;
        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers"])
        {
            foreach (var (container, i) in spec.ObjectsAt(list).Select((c, i) => (c, i)))
            {
                var place = $"{path}.{list}[{i}]";
                ContainerValidation.Validate(container, place, names, volumes, errors);
                ContainerValidation.ValidateRole(container, list == "initContainers", place, grace, errors);
            }
        }
    }

    private static void SpecNames(JsonObject spec, string path, List<FieldError> errors)
    {
        foreach (var field in (ReadOnlySpan<string>)["hostname", "subdomain"])
        {
            if (spec.StringAt(field) is { Length: > 0 } text && Names.CheckLabel(text) is { } problem)
            {
                errors.Add(FieldError.Invalid($"{path}.{field}", text, problem));
            }
        }

        foreach (
            var field in (ReadOnlySpan<string>)
                ["runtimeClassName", "nodeName", "serviceAccountName", "priorityClassName"]
        )
        {
            if (spec.StringAt(field) is { Length: > 0 } text && Names.CheckSubdomain(text) is { } problem)
            {
                errors.Add(FieldError.Invalid($"{path}.{field}", text, problem));
            }
        }

        foreach (var (gate, i) in spec.ObjectsAt("readinessGates").Select((g, i) => (g, i)))
        {
            var type = gate.StringAt("conditionType") ?? "";
            if (Names.CheckQualifiedName(type) is { } problem)
            {
                errors.Add(FieldError.Invalid($"{path}.readinessGates[{i}].conditionType", type, problem));
            }
        }

        OneOf(spec, "preemptionPolicy", path, errors, "PreemptLowerPriority", "Never");
        if (spec.ObjectAt("os") is { } os)
        {
            OneOf(os, "name", $"{path}.os", errors, "linux", "windows");
        }
    }

    private static void NameResolution(JsonObject spec, string path, List<FieldError> errors)
    {
        OneOf(spec, "dnsPolicy", path, errors, "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        DnsValidation.Validate(spec, $"{path}.dnsConfig", errors);
        foreach (var (alias, i) in spec.ObjectsAt("hostAliases").Select((a, i) => (a, i)))
        {
            AddressRules.Check(alias.StringAt("ip") ?? "", $"{path}.hostAliases[{i}].ip", errors);
            foreach (var host in alias.StringsAt("hostnames"))
            {
                if (Names.CheckSubdomain(host) is { } problem)
                {
                    errors.Add(FieldError.Invalid($"{path}.hostAliases[{i}].hostnames", host, problem));
                }
            }
        }
    }

    private static void HostPorts(JsonObject spec, string path, List<FieldError> errors)
    {
        var hostNetwork = spec.BoolAt("hostNetwork");
        var taken = new HashSet<string>();
        foreach (var (container, i) in spec.ObjectsAt("containers").Select((c, i) => (c, i)))
        {
            foreach (var (port, j) in container.ObjectsAt("ports").Select((p, j) => (p, j)))
            {
                var place = $"{path}.containers[{i}].ports[{j}].hostPort";
                if (port.IntAt("hostPort") is not (> 0 and var host))
                {
                    continue;
                }

                if (hostNetwork && host != port.IntAt("containerPort"))
                {
                    errors.Add(
                        FieldError.Invalid(place, host, "must match `containerPort` when `hostNetwork` is true")
                    );
                }

                var name = $"{port.StringAt("protocol")}/{port.StringAt("hostIP")}/{host}";
                if (!taken.Add(name))
                {
                    errors.Add(FieldError.Duplicate(place, name));
                }
            }
        }
    }

    /// <summary>A number that also fits into 32 bits.</summary>
    internal static void Range(JsonObject o, string field, long from, string path, List<FieldError> errors)
    {
        if (o.IntAt(field) is { } value && (value < from || value > int.MaxValue))
        {
            errors.Add(
                FieldError.Invalid($"{path}.{field}", value, $"must be between {from} and {int.MaxValue}, inclusive")
            );
        }
    }

    internal static void OneOf(
        JsonObject o,
        string field,
        string path,
        List<FieldError> errors,
        params string[] allowed
    )
    {
        if (o.StringAt(field) is { } value && !allowed.Contains(value))
        {
            errors.Add(FieldError.NotSupported($"{path}.{field}", value, allowed));
        }
    }
}
