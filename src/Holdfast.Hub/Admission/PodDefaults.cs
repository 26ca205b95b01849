using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Admission;

/// <summary>Fills in what a pod spec leaves out, as k8s.io/kubernetes/pkg/apis/core/v1/defaults.go does.</summary>
internal static class PodDefaults
{
    /// <summary>Seconds between SIGTERM and SIGKILL when a pod names none: Kubernetes' default.</summary>
    public const long GraceSeconds = 30;

    /// <summary>0644, the mode of projected files; JSON has no octal.</summary>
    private const int DefaultFileMode = 420;

    /// <summary>Lifetime of a projected service account token: one hour, Kubernetes' default.</summary>
    private const int TokenSeconds = 3600;

    public static void Apply(JsonObject spec)
    {
        Default(spec, "restartPolicy", "Always");
        Default(spec, "dnsPolicy", "ClusterFirst");
        Default(spec, "schedulerName", "default-scheduler");
        Default(spec, "terminationGracePeriodSeconds", GraceSeconds);
        Default(spec, "enableServiceLinks", true);
        spec.Ensure("securityContext");
        if (spec.StringAt("serviceAccountName") is { Length: > 0 } account)
        {
            Default(spec, "serviceAccount", account);
        }

        var hostNetwork = spec.BoolAt("hostNetwork");
        foreach (var list in (ReadOnlySpan<string>)["initContainers", "containers", "ephemeralContainers"])
        {
            foreach (var container in spec.ObjectsAt(list))
            {
                ApplyToContainer(container, hostNetwork);
            }
        }

        foreach (var volume in spec.ObjectsAt("volumes"))
        {
            ApplyToVolume(volume);
        }
    }

    private static void ApplyToContainer(JsonObject container, bool hostNetwork)
    {
        Default(container, "terminationMessagePath", "/dev/termination-log");
        Default(container, "terminationMessagePolicy", "File");
        Default(container, "imagePullPolicy", PullPolicy(container.StringAt("image") ?? ""));
        container.Ensure("resources");
        DefaultRequests(container.ObjectAt("resources")!);
        foreach (var port in container.ObjectsAt("ports"))
        {
            Default(port, "protocol", "TCP");
            if (hostNetwork && port.IntAt("containerPort") is { } number)
            {
                Default(port, "hostPort", number);
            }
        }

        foreach (var variable in container.ObjectsAt("env"))
        {
            if (variable.At("valueFrom").ObjectAt("fieldRef") is { } field)
            {
                Default(field, "apiVersion", "v1");
            }

            if (variable.At("valueFrom").ObjectAt("resourceFieldRef") is { } resource)
            {
                Default(resource, "divisor", "0");
            }
        }

        foreach (var name in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.ObjectAt(name) is { } probe)
            {
                Default(probe, "timeoutSeconds", 1);
                Default(probe, "periodSeconds", 10);
                Default(probe, "successThreshold", 1);
                Default(probe, "failureThreshold", 3);
                ApplyToHttpGet(probe.ObjectAt("httpGet"));
                if (probe.ObjectAt("grpc") is { } grpc)
                {
                    Default(grpc, "service", "");
                }
            }
        }

        ApplyToHttpGet(container.At("lifecycle", "postStart").ObjectAt("httpGet"));
        ApplyToHttpGet(container.At("lifecycle", "preStop").ObjectAt("httpGet"));
    }

    /// <summary>A limit without a request is also the request.</summary>
    private static void DefaultRequests(JsonObject resources)
    {
        if (resources.ObjectAt("limits") is not { Count: > 0 } limits)
        {
            return;
        }

        var requests = resources.Ensure("requests");
        foreach (var (name, limit) in limits)
        {
            if (!requests.ContainsKey(name))
            {
                requests[name] = limit?.DeepClone();
            }
        }
    }

    private static void ApplyToHttpGet(JsonObject? get)
    {
        if (get is not null)
        {
            Default(get, "path", "/");
            Default(get, "scheme", "HTTP");
        }
    }

    private static void ApplyToVolume(JsonObject volume)
    {
        if (!volume.Any(f => f.Key != "name"))
        {
            volume["emptyDir"] = new JsonObject();
        }

        foreach (var name in (ReadOnlySpan<string>)["configMap", "secret", "downwardAPI", "projected"])
        {
            if (volume.ObjectAt(name) is { } source)
            {
                Default(source, "defaultMode", DefaultFileMode);
                ApplyToDownward(source);
            }
        }

        foreach (var projection in volume.At("projected").ObjectsAt("sources"))
        {
            if (projection.ObjectAt("serviceAccountToken") is { } token)
            {
                Default(token, "expirationSeconds", TokenSeconds);
            }

            if (projection.ObjectAt("downwardAPI") is { } downward)
            {
                ApplyToDownward(downward);
            }
        }

        if (volume.ObjectAt("hostPath") is { } host)
        {
            Default(host, "type", "");
        }
    }

    private static void ApplyToDownward(JsonObject source)
    {
        foreach (var item in source.ObjectsAt("items"))
        {
            if (item.ObjectAt("fieldRef") is { } field)
            {
                Default(field, "apiVersion", "v1");
            }

            if (item.ObjectAt("resourceFieldRef") is { } resource)
            {
                Default(resource, "divisor", "0");
            }
        }
    }

    /// <summary>An image that names no tag, or the tag latest, is pulled every time; any other only when missing.</summary>
    private static string PullPolicy(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal))
        {
            return "IfNotPresent";
        }

        var tagAt = image.IndexOf(':', image.LastIndexOf('/') + 1);
        return tagAt < 0 || image[(tagAt + 1)..] == "latest" ? "Always" : "IfNotPresent";
    }

    internal static void Default(JsonObject target, string name, JsonNode value)
    {
        if (!target.ContainsKey(name) || target[name] is null)
        {
            target[name] = value;
        }
    }
}
