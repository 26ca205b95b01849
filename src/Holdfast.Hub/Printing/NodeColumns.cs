using System.Text.Json.Nodes;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Printing;

/// <summary>Columns of nodes and runtime classes.</summary>
internal static class NodeColumns
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static IReadOnlyList<TableColumn> Node { get; } =
    [
        TableColumn.ObjectName,
        TableColumn.Text("Status", Status),
        TableColumn.Text("Roles", Roles),
        TableColumn.Age,
        TableColumn.Text("Version", o => Info(o, "kubeletVersion")),
        TableColumn.Wide("Internal-IP", o => Address(o, "InternalIP")),
        TableColumn.Wide("External-IP", o => Address(o, "ExternalIP")),
        TableColumn.Wide("OS-Image", o => Info(o, "osImage")),
        TableColumn.Wide("Kernel-Version", o => Info(o, "kernelVersion")),
        TableColumn.Wide("Container-Runtime", o => Info(o, "containerRuntimeVersion")),
    ];

    public static IReadOnlyList<TableColumn> RuntimeClass { get; } =
    [TableColumn.ObjectName, TableColumn.Text("Handler", o => o.StringAt("handler")), TableColumn.Age];

    private static string Status(JsonObject node)
    {
        var ready = node.At("status").ObjectsAt("conditions").FirstOrDefault(c => c.StringAt("type") == "Ready");
        var text =
            ready is null ? "Unknown"
            : ready.StringAt("status") == "True" ? "Ready"
            : "NotReady";
        return node.At("spec").BoolAt("unschedulable") ? text + ",SchedulingDisabled" : text;
    }

    private static string Roles(JsonObject node)
    {
        var roles = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (label, value) in node.Labels)
        {
            if (label.StartsWith(RolePrefix, StringComparison.Ordinal) && label.Length > RolePrefix.Length)
            {
                roles.Add(label[RolePrefix.Length..]);
            }
            else if (label == "kubernetes.io/role" && value.Length > 0)
            {
                roles.Add(value);
            }
        }

        return roles.Count == 0 ? "<none>" : string.Join(',', roles);
    }

    private static string Address(JsonObject node, string type) =>
        node.At("status").ObjectsAt("addresses").FirstOrDefault(a => a.StringAt("type") == type).StringAt("address")
            is { Length: > 0 } address
            ? address
            : "<none>";

    private static string Info(JsonObject node, string field) =>
        node.At("status").ObjectAt("nodeInfo").StringAt(field) is { Length: > 0 } text ? text : HumanDuration.Unknown;
}
