using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>One column of `kubectl get`. Immutable, safe from any thread.</summary>
/// <param name="Priority">0 is always shown, 1 only with -o wide.</param>
/// <param name="Cell">Reads the cell out of an object; the time is "now", for ages.</param>
internal sealed record TableColumn(
    string Name,
    string Type,
    int Priority,
    Func<JsonObject, DateTimeOffset, JsonNode?> Cell
)
{
    /// <summary>"name" tells kubectl that the cell is the object's name.</summary>
    public string Format { get; init; } = "";

    public static TableColumn ObjectName { get; } = new("Name", "string", 0, (o, _) => o.MetaName) { Format = "name" };

    public static TableColumn Age { get; } =
        Text("Age", (o, now) => HumanDuration.Since(o.At("metadata").TimeAt("creationTimestamp"), now));

    public static TableColumn Text(string name, Func<JsonObject, string?> cell) => Text(name, (o, _) => cell(o));

    public static TableColumn Wide(string name, Func<JsonObject, string?> cell) =>
        Text(name, (o, _) => cell(o)) with
        {
            Priority = 1,
        };

    public static TableColumn Text(string name, Func<JsonObject, DateTimeOffset, string?> cell) =>
        new(name, "string", 0, (o, now) => cell(o, now));

    public static TableColumn Number(string name, Func<JsonObject, long> cell) =>
        new(name, "integer", 0, (o, _) => cell(o));
}
