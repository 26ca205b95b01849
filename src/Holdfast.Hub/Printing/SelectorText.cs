using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>A metav1.LabelSelector in the text form that `kubectl get -l` takes.</summary>
internal static class SelectorText
{
    public static string Of(JsonObject? selector)
    {
        var parts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in selector.MapAt("matchLabels"))
        {
            parts[key] = $"{key}={value}";
        }

        foreach (var expression in selector.ObjectsAt("matchExpressions"))
        {
            var key = expression.StringAt("key") ?? "";
            var values = string.Join(',', expression.StringsAt("values").Order(StringComparer.Ordinal));
            parts[key + "\0"] = expression.StringAt("operator") switch
            {
                "In" => $"{key} in ({values})",
                "NotIn" => $"{key} notin ({values})",
                "DoesNotExist" => $"!{key}",
                _ => key,
            };
        }

        return parts.Count == 0 ? "<none>" : string.Join(',', parts.Values);
    }
}
