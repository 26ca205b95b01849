using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Controllers;

/// <summary>Numbers in a status. Zero is left out, as Go's omitempty does, so that objects compare equal. Stateless.</summary>
internal static class StatusCounts
{
    /// <param name="always">The field that is written even when it is zero.</param>
    /// <returns>Whether anything changed.</returns>
    public static bool Set(JsonObject status, IEnumerable<(string Field, long Value)> counts, string always = "")
    {
        var changed = false;
        foreach (var (field, value) in counts)
        {
            if (status.IntAt(field) == value || (value == 0 && field != always && !status.ContainsKey(field)))
            {
                continue;
            }

            changed = true;
            if (value == 0 && field != always)
            {
                status.Remove(field);
            }
            else
            {
                status[field] = value;
            }
        }

        return changed;
    }
}
