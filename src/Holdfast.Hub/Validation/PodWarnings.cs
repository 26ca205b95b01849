using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Kube;

namespace Holdfast.Hub.Validation;

/// <summary>
/// What is strange about a pod but no error, worded as k8s.io/kubernetes/pkg/api/pod/warnings.go words it, and what this node
/// does not act on.
/// </summary>
internal static class PodWarnings
{
    private static readonly string[] ByteResources = ["memory", "ephemeral-storage"];
    private static readonly string[] ContainerLists = ["initContainers", "containers"];

    /// <summary>The warnings about a pod's spec that stands at the path.</summary>
    public static IEnumerable<string> Of(JsonObject? spec, string path) =>
        [
            .. Duplicates(spec, $"{path}.hostAliases", "ip"),
            .. Duplicates(spec, $"{path}.imagePullSecrets", "name"),
            .. spec.ObjectsAt("imagePullSecrets")
                .Select((s, i) => (s, i))
                .Where(x => x.s.StringAt("name") is null or "")
                .Select(x => $"{path}.imagePullSecrets[{x.i}].name: invalid empty name \"\""),
            .. Fractions(spec.ObjectAt("overhead"), $"{path}.overhead"),
            .. ContainerLists.SelectMany(list =>
                spec.ObjectsAt(list).SelectMany((container, i) => OfContainer(container, $"{path}.{list}[{i}]"))
            ),
            .. UnactedFields.Warnings(spec, path),
        ];

    private static IEnumerable<string> OfContainer(JsonObject container, string path) =>
        [
            .. Fractions(container.At("resources").ObjectAt("limits"), $"{path}.resources.limits"),
            .. Fractions(container.At("resources").ObjectAt("requests"), $"{path}.resources.requests"),
            .. HiddenVariables(container, path),
        ];

    private static IEnumerable<string> Fractions(JsonObject? amounts, string path) =>
        from resource in ByteResources
        let amount = amounts.StringAt(resource)
        where amount is not null && Quantity.TryParse(amount, out var quantity) && quantity.MilliValue % 1000 != 0
        select $"{path}[{resource}]: fractional byte value \"{amount}\" is invalid, must be an integer";

    /// <summary>A later definition that does not build on the earlier one of the same name.</summary>
    private static IEnumerable<string> HiddenVariables(JsonObject container, string path)
    {
        var seen = new HashSet<string>();
        foreach (var (variable, i) in container.ObjectsAt("env").Select((v, i) => (v, i)))
        {
            var name = variable.StringAt("name") ?? "";
            var value = variable.StringAt("value") ?? "";
            var reference = $"$({name})";
            var buildsOn =
                variable.ObjectAt("valueFrom") is null
                && value != reference
                && value.Contains(reference, StringComparison.Ordinal);
            if (!seen.Add(name) && !buildsOn)
            {
                yield return $"{path}.env[{i}]: hides previous definition of \"{name}\", which may be dropped when using apply";
            }
        }
    }

    private static IEnumerable<string> Duplicates(JsonObject? spec, string path, string field)
    {
        var seen = new HashSet<string>();
        foreach (var (item, i) in spec.ObjectsAt(path[(path.LastIndexOf('.') + 1)..]).Select((x, i) => (x, i)))
        {
            if (item.StringAt(field) is { } value && !seen.Add(value))
            {
                yield return $"{path}[{i}].{field}: duplicate {field} \"{value}\"";
            }
        }
    }
}
