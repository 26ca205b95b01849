using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>Columns of deployments and replica sets.</summary>
internal static class AppsColumns
{
    public static IReadOnlyList<TableColumn> Deployment { get; } =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Ready", o => $"{Status(o, "readyReplicas")}/{Wanted(o)}"),
        TableColumn.Number("Up-to-date", o => Status(o, "updatedReplicas")),
        TableColumn.Number("Available", o => Status(o, "availableReplicas")),
        TableColumn.Age,
        .. Template(),
    ];

    public static IReadOnlyList<TableColumn> ReplicaSet { get; } =
    [
        TableColumn.ObjectName,
        TableColumn.Number("Desired", Wanted),
        TableColumn.Number("Current", o => Status(o, "replicas")),
        TableColumn.Number("Ready", o => Status(o, "readyReplicas")),
        TableColumn.Age,
        .. Template(),
    ];

    private static TableColumn[] Template() =>
        [
            TableColumn.Wide("Containers", o => Containers(o, "name")),
            TableColumn.Wide("Images", o => Containers(o, "image")),
            TableColumn.Wide("Selector", o => SelectorText.Of(o.At("spec").ObjectAt("selector"))),
        ];

    private static long Wanted(JsonObject o) => o.At("spec").IntAt("replicas") ?? 0;

    private static long Status(JsonObject o, string field) => o.At("status").IntAt(field) ?? 0;

    private static string Containers(JsonObject o, string field) =>
        string.Join(',', o.At("spec", "template", "spec").ObjectsAt("containers").Select(c => c.StringAt(field) ?? ""));
}
