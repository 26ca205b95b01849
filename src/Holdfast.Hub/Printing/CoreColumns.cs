using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>Columns of the small kinds of the core group.</summary>
internal static class CoreColumns
{
    public static IReadOnlyList<TableColumn> Namespace { get; } =
    [TableColumn.ObjectName, TableColumn.Text("Status", o => o.At("status").StringAt("phase")), TableColumn.Age];

    public static IReadOnlyList<TableColumn> ConfigMap { get; } =
    [
        TableColumn.ObjectName,
        TableColumn.Number("Data", o => (o.ObjectAt("data")?.Count ?? 0) + (o.ObjectAt("binaryData")?.Count ?? 0)),
        TableColumn.Age,
    ];

    public static IReadOnlyList<TableColumn> Secret { get; } =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Type", o => o.StringAt("type")),
        TableColumn.Number("Data", o => o.ObjectAt("data")?.Count ?? 0),
        TableColumn.Age,
    ];
}
