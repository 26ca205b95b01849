using Holdfast.Hub.Resources;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Http;

/// <summary>A request on objects: what its path and method say. Immutable.</summary>
internal sealed record ApiRequest(ResourceDefinition Resource, string Version)
{
    /// <summary>Empty for all namespaces and for cluster-scoped resources.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Empty for a collection.</summary>
    public string Name { get; init; } = "";
    public string Subresource { get; init; } = "";

    /// <summary>Null when the path is no place of the API.</summary>
    public static ApiRequest? Parse(PathString path, ResourceTable table)
    {
        var parts = (path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            ["api", var version, .. var rest] => Parse("", version, rest, table),
            ["apis", var group, var version, .. var rest] => Parse(group, version, rest, table),
            _ => null,
        };
    }

    private static ApiRequest? Parse(string group, string version, string[] rest, ResourceTable table)
    {
        // "namespaces/NS/pods" is the pods of NS, "namespaces/NS/status" a part of the namespace itself.
        if (
            rest is ["namespaces", var ns, var plural, .. var inside]
            && table.Find(group, version, plural) is { } found
        )
        {
            return found.IsNamespaced ? With(new(found, version) { Namespace = ns }, inside) : null;
        }

        return rest is [var resource, .. var tail] && table.Find(group, version, resource) is { } row
            ? With(new(row, version), tail) is { } request && (!row.IsNamespaced || request.Name.Length == 0)
                ? request
                : null
            : null;
    }

    private static ApiRequest? With(ApiRequest request, string[] tail) =>
        tail switch
        {
            [] => request,
            [var name] => request with { Name = name },
            [var name, var part] when request.Resource.Subresources.Any(s => s.Name == part) => request with
            {
                Name = name,
                Subresource = part,
            },
            _ => null,
        };
}
