using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>Findings about requests and limits of a container.</summary>
internal static class ResourceValidation
{
    private const string HugePages = "hugepages-";
    private static readonly string[] Standard = ["cpu", "memory", "ephemeral-storage"];

    public static void Validate(JsonObject container, string path, List<FieldError> errors)
    {
        path += ".resources";
        var limits = Amounts(container, "limits", path, errors);
        var requests = Amounts(container, "requests", path, errors);
        foreach (var (name, request) in requests)
        {
            var mayDiffer = IsNative(name) && !IsHugePages(name);
            if (!limits.TryGetValue(name, out var limit))
            {
                if (!mayDiffer)
                {
                    errors.Add(
                        FieldError.Required($"{path}.limits", "Limit must be set for non overcommitable resources")
                    );
                }
            }
            else if (!mayDiffer && request.CompareTo(limit) != 0)
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{path}.requests",
                        request.ToString(),
                        $"must be equal to {name} limit of {limit}"
                    )
                );
            }
            else if (request.CompareTo(limit) > 0)
            {
                errors.Add(
                    FieldError.Invalid(
                        $"{path}.requests",
                        request.ToString(),
                        $"must be less than or equal to {name} limit of {limit}"
                    )
                );
            }
        }

        var names = limits.Keys.Concat(requests.Keys).ToList();
        if (names.Exists(IsHugePages) && !names.Exists(n => n is "cpu" or "memory"))
        {
            errors.Add(FieldError.Forbidden(path, "HugePages require cpu or memory"));
        }
    }

    private static Dictionary<string, Quantity> Amounts(
        JsonObject container,
        string kind,
        string path,
        List<FieldError> errors
    )
    {
        var amounts = new Dictionary<string, Quantity>();
        foreach (var (name, text) in container.ObjectAt("resources").MapAt(kind))
        {
            var place = $"{path}.{kind}[{name}]";
            Name(name, place, errors);
            if (!Quantity.TryParse(text, out var amount))
            {
                continue;
            }

            amounts[name] = amount;
            if (amount.MilliValue < 0)
            {
                errors.Add(FieldError.Invalid(place, text, "must be greater than or equal to 0"));
            }

            if (IsExtended(name) && amount.MilliValue % 1000 != 0)
            {
                errors.Add(FieldError.Invalid(place, text, "must be an integer"));
            }
        }

        return amounts;
    }

    private static void Name(string name, string place, List<FieldError> errors)
    {
        if (Names.CheckQualifiedName(name) is { } problem)
        {
            errors.Add(FieldError.Invalid(place, name, problem));
        }
        else if (!name.Contains('/') && !Standard.Contains(name) && !IsHugePages(name))
        {
            errors.Add(FieldError.Invalid(place, name, "must be a standard resource type or fully qualified"));
            errors.Add(FieldError.Invalid(place, name, "must be a standard resource for containers"));
        }
        else if (!IsNative(name) && !IsExtended(name))
        {
            errors.Add(FieldError.Invalid(place, name, "doesn't follow extended resource name standard"));
        }
    }

    private static bool IsHugePages(string name) => name.StartsWith(HugePages, StringComparison.Ordinal);

    private static bool IsNative(string name) =>
        !name.Contains('/') || name.Contains("kubernetes.io/", StringComparison.Ordinal);

    private static bool IsExtended(string name) =>
        !IsNative(name) && !name.StartsWith("requests.", StringComparison.Ordinal);
}
