using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>Columns of pods; the words of STATUS are those of k8s.io/kubernetes/pkg/printers/internalversion.</summary>
internal static class PodColumns
{
    public static IReadOnlyList<TableColumn> Pod { get; } =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Ready", o => $"{PodSummary.Of(o).Ready}/{PodSummary.Of(o).Total}"),
        TableColumn.Text("Status", o => PodSummary.Of(o).Reason),
        TableColumn.Text("Restarts", Restarts),
        TableColumn.Age,
        TableColumn.Wide(
            "IP",
            o =>
                Text(
                    o.At("status").ObjectsAt("podIPs").FirstOrDefault().StringAt("ip")
                        ?? o.At("status").StringAt("podIP")
                )
        ),
        TableColumn.Wide("Node", o => Text(o.At("spec").StringAt("nodeName"))),
        TableColumn.Wide("Nominated Node", o => Text(o.At("status").StringAt("nominatedNodeName"))),
        TableColumn.Wide("Readiness Gates", Gates),
    ];

    private static string Restarts(JsonObject pod, DateTimeOffset now)
    {
        var summary = PodSummary.Of(pod);
        return summary.Restarts > 0 && summary.LastRestart is { } last
            ? $"{summary.Restarts} ({HumanDuration.Since(last, now)} ago)"
            : summary.Restarts.ToString();
    }

    private static string Gates(JsonObject pod)
    {
        var gates = pod.At("spec").ObjectsAt("readinessGates").Select(g => g.StringAt("conditionType")).ToList();
        if (gates.Count == 0)
        {
            return "<none>";
        }

        var met = pod.At("status")
            .ObjectsAt("conditions")
            .Count(c => c.StringAt("status") == "True" && gates.Contains(c.StringAt("type")));
        return $"{met}/{gates.Count}";
    }

    private static string Text(string? value) => string.IsNullOrEmpty(value) ? "<none>" : value;
}
