using System.Text.Json.Nodes;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Discovery;

/// <summary>All groups, versions and resources in one page: APIGroupDiscoveryList of apidiscovery.k8s.io. Stateless.</summary>
internal static class AggregatedDiscovery
{
    public static readonly string[] ObjectVerbs =
    [
        "create",
        "delete",
        "deletecollection",
        "get",
        "list",
        "patch",
        "update",
        "watch",
    ];

    public static JsonObject Document(ResourceTable table, bool core, string version)
    {
        IEnumerable<(string Group, IReadOnlyList<string> Versions)> groups = core ? [("", ["v1"])] : table.Groups;
        return new JsonObject
        {
            ["kind"] = "APIGroupDiscoveryList",
            ["apiVersion"] = $"apidiscovery.k8s.io/{version}",
            ["metadata"] = new JsonObject(),
            ["items"] = new JsonArray([.. groups.Select(g => (JsonNode)Group(table, g.Group, g.Versions))]),
        };
    }

    private static JsonObject Group(ResourceTable table, string group, IReadOnlyList<string> versions)
    {
        var metadata = new JsonObject { ["creationTimestamp"] = null };
        if (group.Length > 0)
        {
            metadata["name"] = group;
        }

        return new JsonObject
        {
            ["metadata"] = metadata,
            ["versions"] = new JsonArray([
                .. versions.Select(v =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["version"] = v,
                            ["resources"] = new JsonArray([
                                .. table.In(group, v).Select(r => (JsonNode)Resource(r.Row, v)),
                            ]),
                            ["freshness"] = "Current",
                        }
                ),
            ]),
        };
    }

    private static JsonObject Resource(ResourceDefinition row, string version)
    {
        var body = new JsonObject
        {
            ["resource"] = row.Plural,
            ["responseKind"] = Kind(row.Group, version, row.Kind),
            ["scope"] = row.IsNamespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = row.Singular,
            ["verbs"] = DiscoveryPages.Strings(ObjectVerbs),
        };
        if (row.ShortNames.Count > 0)
        {
            body["shortNames"] = DiscoveryPages.Strings(row.ShortNames);
        }

        if (row.Categories.Count > 0)
        {
            body["categories"] = DiscoveryPages.Strings(row.Categories);
        }

        if (row.Subresources.Count > 0)
        {
            body["subresources"] = new JsonArray([
                .. row.Subresources.Select(s =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["subresource"] = s.Name,
                            ["responseKind"] = Kind(s.Group, s.Version, s.Kind),
                            ["verbs"] = DiscoveryPages.Strings(s.Verbs),
                        }
                ),
            ]);
        }

        return body;
    }

    private static JsonObject Kind(string group, string version, string kind) =>
        new()
        {
            ["group"] = group,
            ["version"] = version,
            ["kind"] = kind,
        };
}
