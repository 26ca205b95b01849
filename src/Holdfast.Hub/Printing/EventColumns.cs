using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>Columns of events.</summary>
internal static class EventColumns
{
    public static IReadOnlyList<TableColumn> Event { get; } =
    [
        TableColumn.Text("Last Seen", LastSeen),
        TableColumn.Text("Type", o => o.StringAt("type")),
        TableColumn.Text("Reason", o => o.StringAt("reason")),
        TableColumn.Text("Object", Object),
        TableColumn.Wide("Subobject", o => o.At("involvedObject").StringAt("fieldPath") ?? ""),
        TableColumn.Wide("Source", Source),
        TableColumn.Text("Message", o => o.StringAt("message")?.Trim()),
        TableColumn.Text("First Seen", (o, now) => HumanDuration.Since(First(o), now)) with
        {
            Priority = 1,
        },
        TableColumn.Number("Count", o => o.IntAt("count") ?? 1) with
        {
            Priority = 1,
        },
        TableColumn.ObjectName with
        {
            Priority = 1,
        },
    ];

    private static DateTimeOffset? First(JsonObject e) => e.TimeAt("firstTimestamp") ?? e.TimeAt("eventTime");

    private static string LastSeen(JsonObject e, DateTimeOffset now) =>
        HumanDuration.Since(e.At("series").TimeAt("lastObservedTime") ?? e.TimeAt("lastTimestamp") ?? First(e), now);

    private static string Object(JsonObject e)
    {
        var about = e.ObjectAt("involvedObject");
        return $"{about.StringAt("kind")?.ToLowerInvariant()}/{about.StringAt("name")}";
    }

    private static string Source(JsonObject e)
    {
        var component = e.At("source").StringAt("component") ?? e.StringAt("reportingComponent") ?? "";
        var host = e.At("source").StringAt("host") ?? e.StringAt("reportingInstance") ?? "";
        return host.Length == 0 ? component : $"{component}, {host}";
    }
}
