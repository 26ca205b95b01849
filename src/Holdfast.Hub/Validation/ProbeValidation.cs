using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about the probes and hooks of a container.</summary>
internal static class ProbeValidation
{
    private const string NotNegative = "must be greater than or equal to 0";
    private static readonly string[] ProbeNames = ["livenessProbe", "readinessProbe", "startupProbe"];
    private static readonly string[] ProbeActions = ["exec", "httpGet", "tcpSocket", "grpc"];
    private static readonly string[] HookActions = ["exec", "httpGet", "tcpSocket", "sleep"];

    /// <param name="grace">terminationGracePeriodSeconds of the pod.</param>
    public static void Validate(JsonObject container, string path, long grace, List<FieldError> errors)
    {
        foreach (var name in ProbeNames)
        {
            if (container.ObjectAt(name) is { } probe)
            {
                Probe(probe, name, $"{path}.{name}", errors);
            }
        }

        foreach (var hook in (ReadOnlySpan<string>)["postStart", "preStop"])
        {
            if (container.At("lifecycle").ObjectAt(hook) is not { } handler)
            {
                continue;
            }

            Action(handler, HookActions, $"{path}.lifecycle.{hook}", errors);
            if (handler.At("sleep").IntAt("seconds") is { } seconds && (seconds < 0 || seconds > grace))
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{path}.lifecycle.{hook}.sleep",
                        seconds,
                        $"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
                    )
                );
            }
        }
    }

    /// <summary>An init container that ends by itself has neither.</summary>
    public static void Refuse(JsonObject container, string path, List<FieldError> errors)
    {
        foreach (var field in ProbeNames.Prepend("lifecycle").Where(f => container.ObjectAt(f) is not null))
        {
            errors.Add(
                FieldError.Forbidden(
                    $"{path}.{field}",
                    "may not be set for init containers without restartPolicy=Always"
                )
            );
        }
    }

    private static void Probe(JsonObject probe, string name, string path, List<FieldError> errors)
    {
        Action(probe, ProbeActions, path, errors);
        foreach (
            var field in (ReadOnlySpan<string>)
                ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        )
        {
            if (probe.IntAt(field) is < 0 and var value)
            {
                errors.Add(FieldError.Invalid($"{path}.{field}", value, NotNegative));
            }
        }

        if (name != "readinessProbe" && probe.IntAt("successThreshold") is not (null or 1) and var success)
        {
            errors.Add(FieldError.Invalid($"{path}.successThreshold", success, "must be 1"));
        }

        if (probe.IntAt("terminationGracePeriodSeconds") is { } grace)
        {
            if (name == "readinessProbe")
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{path}.terminationGracePeriodSeconds",
                        grace,
                        "must not be set for readinessProbes"
                    )
                );
            }
            else if (grace is <= 0 or > int.MaxValue)
            {
                errors.Add(
                    FieldError.Invalid($"{path}.terminationGracePeriodSeconds", grace, "must be greater than 0")
                );
            }
        }
    }

    private static void Action(JsonObject handler, string[] actions, string place, List<FieldError> errors)
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

        if (handler.ObjectAt("httpGet") is { } get)
        {
            PodValidation.OneOf(get, "scheme", $"{place}.httpGet", errors, "HTTP", "HTTPS");
        }

        foreach (var action in (ReadOnlySpan<string>)["httpGet", "tcpSocket", "grpc"])
        {
            if (handler.ObjectAt(action) is { } target)
            {
                Port(target.At("port"), $"{place}.{action}.port", errors);
            }
        }
    }

    private static void Port(JsonNode? port, string place, List<FieldError> errors)
    {
        var problem =
            port.AsInt() is { } number ? PortRules.Check(number)
            : port.AsText() is { Length: > 0 } name ? Names.CheckPortName(name)
            : PortRules.Check(0);
        if (problem is not null)
        {
            errors.Add(FieldError.Invalid(place, port.AsText() ?? (object)(port.AsInt() ?? 0), problem));
        }
    }
}
