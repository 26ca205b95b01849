using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Holdfast.Hub.Json;

/// <summary>
/// Looks into JSON objects without ever throwing: a missing member and a member of another type are both "not there",
/// because stored objects may come from an older version of this program.
/// </summary>
internal static class JsonReading
{
    public static JsonObject? ObjectAt(this JsonNode? node, string name) => node.At(name) as JsonObject;

    public static JsonArray? ArrayAt(this JsonNode? node, string name) => node.At(name) as JsonArray;

    public static JsonNode? At(this JsonNode? node, string name) =>
        node is JsonObject o && o.TryGetPropertyValue(name, out var value) ? value : null;

    public static JsonNode? At(this JsonNode? node, string first, string second) => node.At(first).At(second);

    public static JsonNode? At(this JsonNode? node, string first, string second, string third) =>
        node.At(first).At(second).At(third);

    public static string? StringAt(this JsonNode? node, string name) => node.At(name).AsText();

    public static string? StringAt(this JsonNode? node, string first, string second) =>
        node.At(first).At(second).AsText();

    public static long? IntAt(this JsonNode? node, string name) => node.At(name).AsInt();

    public static long? IntAt(this JsonNode? node, string first, string second) => node.At(first).At(second).AsInt();

    public static bool BoolAt(this JsonNode? node, string name) =>
        node.At(name) is JsonValue v && v.GetValueKind() == JsonValueKind.True;

    public static string? AsText(this JsonNode? node) =>
        node is JsonValue v && v.GetValueKind() == JsonValueKind.String ? v.GetValue<string>() : null;

    public static long? AsInt(this JsonNode? node)
    {
        if (node is not JsonValue v || v.GetValueKind() != JsonValueKind.Number)
        {
            return null;
        }

        if (v.TryGetValue<long>(out var whole))
        {
            return whole;
        }

        if (v.TryGetValue<int>(out var small))
        {
            return small;
        }

        return v.TryGetValue<double>(out var real) && real is > -9e15 and < 9e15 ? (long)real : null;
    }

    public static DateTimeOffset? TimeAt(this JsonNode? node, string name) => ParseTime(node.StringAt(name));

    public static DateTimeOffset? ParseTime(string? text) =>
        text is not null
        && DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        )
            ? time
            : null;

    /// <summary>The objects of an array member; members of other types are passed over.</summary>
    public static IEnumerable<JsonObject> ObjectsAt(this JsonNode? node, string name) =>
        node.ArrayAt(name)?.OfType<JsonObject>() ?? [];

    public static IEnumerable<string> StringsAt(this JsonNode? node, string name) =>
        node.ArrayAt(name)?.Select(n => n.AsText()).OfType<string>() ?? [];

    /// <summary>A string map such as labels; entries that are not strings are passed over.</summary>
    public static IReadOnlyDictionary<string, string> MapAt(this JsonNode? node, string name)
    {
        var map = new Dictionary<string, string>();
        foreach (var (key, value) in node.ObjectAt(name) ?? [])
        {
            if (value.AsText() is { } text)
            {
                map[key] = text;
            }
        }

        return map;
    }

    /// <summary>The object member of that name, made if it is missing.</summary>
    public static JsonObject Ensure(this JsonObject target, string name)
    {
        if (target.ObjectAt(name) is { } existing)
        {
            return existing;
        }

        var made = new JsonObject();
        target[name] = made;
        return made;
    }

    public static string ToWireTime(this DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
