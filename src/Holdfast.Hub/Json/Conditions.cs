using System.Text.Json.Nodes;

namespace Holdfast.Hub.Json;

/// <summary>status.conditions: one entry per type, whose transition time moves only when its status does.</summary>
internal static class Conditions
{
    public static JsonObject? Find(JsonNode? status, string type) =>
        status.ObjectsAt("conditions").FirstOrDefault(c => c.StringAt("type") == type);

    public static bool IsTrue(JsonNode? status, string type) => Find(status, type).StringAt("status") == "True";

    /// <summary>True when anything but times changed.</summary>
    public static bool Set(
        JsonObject status,
        string type,
        string value,
        string reason,
        string message,
        DateTimeOffset now,
        bool hasUpdateTime = false
    )
    {
        if (status["conditions"] is not JsonArray list)
        {
            status["conditions"] = list = [];
        }

        var condition = Find(status, type);
        if (condition is null)
        {
            condition = new JsonObject { ["type"] = type };
            list.Add((JsonNode)condition);
        }
        else if (
            condition.StringAt("status") == value
            && (condition.StringAt("reason") ?? "") == reason
            && (condition.StringAt("message") ?? "") == message
        )
        {
            return false;
        }

        if (condition.StringAt("status") != value)
        {
            condition["lastTransitionTime"] = now.ToWireTime();
        }

        condition["status"] = value;
        if (hasUpdateTime)
        {
            condition["lastUpdateTime"] = now.ToWireTime();
        }

        Text(condition, "reason", reason);
        Text(condition, "message", message);
        return true;
    }

    public static bool Remove(JsonObject status, string type) =>
        Find(status, type) is { } condition && status.ArrayAt("conditions")!.Remove(condition);

    private static void Text(JsonObject condition, string field, string value)
    {
        if (value.Length == 0)
        {
            condition.Remove(field);
        }
        else
        {
            condition[field] = value;
        }
    }
}
