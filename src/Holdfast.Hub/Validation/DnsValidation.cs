using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about how a pod resolves names.</summary>
internal static class DnsValidation
{
    // The limits of k8s.io/kubernetes/pkg/apis/core/validation.
    private const int MaxServers = 3;
    private const int MaxSearches = 32;
    private const int MaxSearchLength = 2048;

    public static void Validate(JsonObject spec, string path, List<FieldError> errors)
    {
        var config = spec.ObjectAt("dnsConfig");
        var servers = config.StringsAt("nameservers").ToList();
        if (spec.StringAt("dnsPolicy") == "None")
        {
            if (config is null)
            {
                errors.Add(FieldError.Required(path, "must provide `dnsConfig` when `dnsPolicy` is None"));
                return;
            }

            if (servers.Count == 0)
            {
                errors.Add(
                    FieldError.Required(
                        $"{path}.nameservers",
                        "must provide at least one DNS nameserver when `dnsPolicy` is None"
                    )
                );
                return;
            }
        }

        if (servers.Count > MaxServers)
        {
            errors.Add(
                FieldError.Invalid(
                    $"{path}.nameservers",
                    config.At("nameservers"),
                    $"must not have more than {MaxServers} nameservers"
                )
            );
        }

        foreach (var (server, i) in servers.Select((s, i) => (s, i)))
        {
            AddressRules.Check(server, $"{path}.nameservers[{i}]", errors);
        }

        Searches(config, $"{path}.searches", errors);
        foreach (var (option, i) in config.ObjectsAt("options").Select((o, i) => (o, i)))
        {
            if (option.StringAt("name") is null or "")
            {
                errors.Add(FieldError.Required($"{path}.options[{i}]", "must not be empty"));
            }
        }
    }

    private static void Searches(JsonObject? config, string path, List<FieldError> errors)
    {
        var searches = config.StringsAt("searches").ToList();
        if (searches.Count > MaxSearches)
        {
            errors.Add(
                FieldError.Invalid(path, config.At("searches"), $"must not have more than {MaxSearches} search paths")
            );
        }

        if (string.Join(' ', searches).Length > MaxSearchLength)
        {
            errors.Add(
                FieldError.Invalid(
                    path,
                    config.At("searches"),
                    $"must not have more than {MaxSearchLength} characters (including spaces) in the search list"
                )
            );
        }

        foreach (var (search, i) in searches.Select((s, i) => (s, i)))
        {
            if (search != "." && Names.CheckSubdomain(search.EndsWith('.') ? search[..^1] : search) is { } problem)
            {
                errors.Add(FieldError.Invalid($"{path}[{i}]", search, problem));
            }
        }
    }
}
