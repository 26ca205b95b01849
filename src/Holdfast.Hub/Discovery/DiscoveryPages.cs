using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Resources;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Discovery;

/// <summary>
/// The pages that tell clients what there is: groups, versions, resources, OpenAPI. Made from the resource table for
/// each request, because they are asked for once per client and would only lie in memory. Thread-safe.
/// </summary>
internal sealed class DiscoveryPages(ResourceTable table)
{
    /// <summary>False when the path is none of these pages.</summary>
    public async Task<bool> TryAnswerAsync(HttpContext context)
    {
        var path = (context.Request.Path.Value ?? "").TrimEnd('/');
        var page = path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            [] => RootPaths(),
            ["api"] => Aggregated(context, core: true) ?? CoreVersions(),
            ["api", var version] => Resources("", version),
            ["apis"] => Aggregated(context, core: false) ?? GroupList(),
            ["apis", var group] => Group(group),
            ["apis", var group, var version] => Resources(group, version),
            ["openapi", "v3"] => OpenApiV3.Index(table),
            ["openapi", "v3", "api", var version] => OpenApiV3.Document(table, "", version),
            ["openapi", "v3", "apis", var group, var version] => OpenApiV3.Document(table, group, version),
            ["openapi", "v2"] => null,
            _ => null,
        };
        if (path == "/openapi/v2")
        {
            RequireGet(context);
            await OpenApiV2.AnswerAsync(context, table);
            return true;
        }

        if (page is null)
        {
            return false;
        }

        RequireGet(context);
        await ApiAnswer.WriteAsync(context, page);
        return true;
    }

    private static void RequireGet(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            throw ApiException.MethodNotAllowed();
        }
    }

    /// <summary>Null when the client does not ask for everything in one page.</summary>
    private JsonObject? Aggregated(HttpContext context, bool core)
    {
        foreach (var range in MediaRange.ParseAll(context.Request.Headers.Accept.ToString()))
        {
            if (range.Type != "application/json")
            {
                continue;
            }

            if (range["as"] is null)
            {
                return null;
            }

            if (
                range["as"] == "APIGroupDiscoveryList"
                && range["g"] == "apidiscovery.k8s.io"
                && range["v"] is "v2" or "v2beta1"
            )
            {
                context.Response.ContentType =
                    $"application/json;g=apidiscovery.k8s.io;v={range["v"]};as=APIGroupDiscoveryList";
                return AggregatedDiscovery.Document(table, core, range["v"]!);
            }
        }

        return null;
    }

    private JsonObject RootPaths() =>
        new()
        {
            ["paths"] = Strings([
                "/api",
                "/api/v1",
                "/apis",
                .. table.Groups.SelectMany(g => g.Versions.Select(v => $"/apis/{g.Group}/{v}")),
                "/healthz",
                "/livez",
                "/openapi/v2",
                "/openapi/v3",
                "/readyz",
                "/version",
            ]),
        };

    private static JsonObject CoreVersions() =>
        new()
        {
            ["kind"] = "APIVersions",
            ["versions"] = Strings(["v1"]),
            ["serverAddressByClientCIDRs"] = new JsonArray(),
        };

    private JsonObject GroupList() =>
        new()
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = new JsonArray([.. table.Groups.Select(g => (JsonNode)GroupBody(g.Group, g.Versions))]),
        };

    private JsonObject? Group(string name)
    {
        foreach (var (group, versions) in table.Groups)
        {
            if (group == name)
            {
                var body = GroupBody(group, versions);
                body["kind"] = "APIGroup";
                body["apiVersion"] = "v1";
                return body;
            }
        }

        return null;
    }

    private static JsonObject GroupBody(string group, IReadOnlyList<string> versions) =>
        new()
        {
            ["name"] = group,
            ["versions"] = new JsonArray([.. versions.Select(v => (JsonNode)Version(group, v))]),
            ["preferredVersion"] = Version(group, versions[0]),
        };

    private static JsonObject Version(string group, string version) =>
        new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };

    private JsonObject? Resources(string group, string version)
    {
        var resources = new JsonArray();
        foreach (var (row, _) in table.In(group, version))
        {
            resources.Add((JsonNode)ResourceBody(row));
            foreach (var part in row.Subresources)
            {
                resources.Add((JsonNode)SubresourceBody(row, part));
            }
        }

        return resources.Count == 0
            ? null
            : new JsonObject
            {
                ["kind"] = "APIResourceList",
                ["apiVersion"] = "v1",
                ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
                ["resources"] = resources,
            };
    }

    private static JsonObject ResourceBody(ResourceDefinition row)
    {
        var body = new JsonObject
        {
            ["name"] = row.Plural,
            ["singularName"] = row.Singular,
            ["namespaced"] = row.IsNamespaced,
            ["kind"] = row.Kind,
            ["verbs"] = Strings(AggregatedDiscovery.ObjectVerbs),
        };
        if (row.ShortNames.Count > 0)
        {
            body["shortNames"] = Strings(row.ShortNames);
        }

        if (row.Categories.Count > 0)
        {
            body["categories"] = Strings(row.Categories);
        }

        return body;
    }

    private static JsonObject SubresourceBody(ResourceDefinition row, Subresource part)
    {
        var body = new JsonObject
        {
            ["name"] = $"{row.Plural}/{part.Name}",
            ["singularName"] = "",
            ["namespaced"] = row.IsNamespaced,
            ["kind"] = part.Kind,
            ["verbs"] = Strings(part.Verbs),
        };
        if (part.Group != row.Group)
        {
            body["group"] = part.Group;
            body["version"] = part.Version;
        }

        return body;
    }

    internal static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);
}
