using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about pods; all of them at once, worded as k8s.io/kubernetes/pkg/apis/core/validation words them.</summary>
internal static class PodValidation
{
    private const string OnlyImages =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    public static void Validate(JsonObject pod, JsonObject? old, List<FieldError> errors)
    {
        ValidateSpec(pod.Ensure("spec"), "spec", errors);
        if (old is not null && !JsonNode.DeepEquals(Fixed(pod), Fixed(old)))
        {
            errors.Add(FieldError.Forbidden("spec", OnlyImages));
        }
    }

    /// <summary>A pod spec by itself, also that of a template.</summary>
    public static void ValidateSpec(JsonObject spec, string path, List<FieldError> errors)
    {
        var volumes = VolumeValidation.Validate(spec, $"{path}.volumes", errors);
        var names = new HashSet<string>();
        if (!spec.ObjectsAt("containers").Any())
        {
            errors.Add(FieldError.Required($"{path}.containers"));
        }

        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers"])
        {
            foreach (var (container, i) in spec.ObjectsAt(list).Select((c, i) => (c, i)))
            {
                ContainerValidation.Validate(container, $"{path}.{list}[{i}]", names, volumes, errors);
            }
        }

        HostPorts(spec, path, errors);
        OneOf(spec, "restartPolicy", path, errors, "Always", "OnFailure", "Never");
        OneOf(spec, "dnsPolicy", path, errors, "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None");
        Range(spec, "terminationGracePeriodSeconds", 0, path, errors);
        Range(spec, "activeDeadlineSeconds", 1, path, errors);
        MetadataValidation.Labels(spec.MapAt("nodeSelector"), $"{path}.nodeSelector", errors);
        SpecNames(spec, path, errors);
        HostAliases(spec, path, errors);
        if (spec.BoolAt("shareProcessNamespace") && spec.BoolAt("hostPID"))
        {
            errors.Add(
                FieldError.Invalid(
                    $"{path}.shareProcessNamespace",
                    true,
                    "ShareProcessNamespace and HostPID cannot both be enabled"
                )
            );
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
    }

    private static void HostAliases(JsonObject spec, string path, List<FieldError> errors)
    {
        foreach (var (alias, i) in spec.ObjectsAt("hostAliases").Select((a, i) => (a, i)))
        {
            var ip = alias.StringAt("ip") ?? "";
            if (!System.Net.IPAddress.TryParse(ip, out _))
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{path}.hostAliases[{i}].ip",
                        ip,
                        "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
                    )
                );
            }

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

                if (!taken.Add($"{port.StringAt("protocol")}/{port.StringAt("hostIP")}/{host}"))
                {
                    errors.Add(
                        FieldError.Duplicate(place, $"{port.StringAt("protocol")}/{port.StringAt("hostIP")}/{host}")
                    );
                }
            }
        }
    }

    /// <summary>The spec without what an update may change.</summary>
    private static JsonObject Fixed(JsonObject pod)
    {
        var spec = (JsonObject)pod.Ensure("spec").DeepClone();
        spec.Remove("activeDeadlineSeconds");
        spec.Remove("tolerations");
        spec.Remove("terminationGracePeriodSeconds");
        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers"])
        {
            foreach (var container in spec.ObjectsAt(list))
            {
                container.Remove("image");
            }
        }

        return spec;
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
