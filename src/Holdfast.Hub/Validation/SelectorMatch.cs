using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Validation;

/// <summary>Evaluates a metav1.LabelSelector that is still JSON. Stateless.</summary>
internal static class SelectorMatch
{
    /// <summary>A missing selector matches nothing; an empty one matches everything.</summary>
    public static bool Matches(JsonObject? selector, IReadOnlyDictionary<string, string> labels)
    {
        if (selector is null)
        {
            return false;
        }

        foreach (var (key, wanted) in selector.MapAt("matchLabels"))
        {
            if (!labels.TryGetValue(key, out var value) || value != wanted)
            {
                return false;
            }
        }

        return selector.ObjectsAt("matchExpressions").All(e => Holds(e, labels));
    }

    /// <summary>One requirement; Gt and Lt are those of node affinity.</summary>
    public static bool Holds(JsonObject requirement, IReadOnlyDictionary<string, string> labels)
    {
        var has = labels.TryGetValue(requirement.StringAt("key") ?? "", out var value);
        return requirement.StringAt("operator") switch
        {
            "In" => has && requirement.StringsAt("values").Contains(value),
            "NotIn" => !has || !requirement.StringsAt("values").Contains(value),
            "Exists" => has,
            "DoesNotExist" => !has,
            "Gt" => has && Compare(value, requirement) is > 0,
            "Lt" => has && Compare(value, requirement) is < 0,
            _ => false,
        };
    }

    private static int? Compare(string? value, JsonObject requirement) =>
        long.TryParse(value, out var left)
        && long.TryParse(requirement.StringsAt("values").FirstOrDefault(), out var right)
            ? left.CompareTo(right)
            : null;
}
