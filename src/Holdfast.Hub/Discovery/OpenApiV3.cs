using System.Text.Json.Nodes;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Schema;

namespace Holdfast.Hub.Discovery;

/// <summary>
/// OpenAPI v3, as much as kubectl reads: which kinds take fieldValidation and dryRun (so that validation is the server's
/// work), and the schemas for `kubectl explain`. Made from the type catalog. Stateless.
/// </summary>
internal static class OpenApiV3
{
    private const string Prefix = "io.holdfast.kubernetes.";

    public static JsonObject Index(ResourceTable table)
    {
        var paths = new JsonObject();
        foreach (var (group, version) in table.Rows.SelectMany(r => r.Versions.Select(v => (r.Group, v))).Distinct())
        {
            var path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
            paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}" };
        }

        return new JsonObject { ["paths"] = paths };
    }

    public static JsonObject? Document(ResourceTable table, string group, string version)
    {
        var rows = table.In(group, version).Select(r => r.Row).ToList();
        if (rows.Count == 0)
        {
            return null;
        }

        var paths = new JsonObject();
        var needed = new Dictionary<string, TypeSchema>();
        foreach (var row in rows)
        {
            paths[PathOf(row, version)] = Operations(row, version);
            Gather(row.Schema, needed);
        }

        var schemas = new JsonObject();
        foreach (var (name, type) in needed)
        {
            schemas[Prefix + name] = Schema(type, rows.FirstOrDefault(r => r.Kind == name), version);
        }

        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.32.0" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    internal static string PathOf(ResourceDefinition row, string version)
    {
        var root = row.Group.Length == 0 ? $"/api/{version}" : $"/apis/{row.Group}/{version}";
        return row.IsNamespaced
            ? $"{root}/namespaces/{{namespace}}/{row.Plural}/{{name}}"
            : $"{root}/{row.Plural}/{{name}}";
    }

    private static JsonObject Operations(ResourceDefinition row, string version)
    {
        var operations = new JsonObject();
        foreach (var (method, action) in new[] { ("get", "get"), ("put", "put"), ("patch", "patch") })
        {
            var parameters = method == "get" ? new JsonArray() : Parameters();
            operations[method] = new JsonObject
            {
                ["parameters"] = parameters,
                ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
                ["x-kubernetes-action"] = action,
                ["x-kubernetes-group-version-kind"] = Kind(row, version),
            };
        }

        return operations;
    }

    private static JsonArray Parameters() =>
        new([
            .. new[] { "dryRun", "fieldManager", "fieldValidation" }.Select(name =>
                (JsonNode)
                    new JsonObject
                    {
                        ["name"] = name,
                        ["in"] = "query",
                        ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true },
                    }
            ),
        ]);

    private static JsonObject Kind(ResourceDefinition row, string version) =>
        new()
        {
            ["group"] = row.Group,
            ["kind"] = row.Kind,
            ["version"] = version,
        };

    private static void Gather(TypeSchema type, Dictionary<string, TypeSchema> needed)
    {
        if (!needed.TryAdd(type.Name, type))
        {
            return;
        }

        foreach (var field in type.Fields.Values.Where(f => f.Type is not null))
        {
            Gather(field.Type!, needed);
        }
    }

    private static JsonObject Schema(TypeSchema type, ResourceDefinition? row, string version)
    {
        var properties = new JsonObject();
        foreach (var field in type.Fields.Values)
        {
            properties[field.Name] = field.Shape switch
            {
                FieldShape.List => new JsonObject { ["type"] = "array", ["items"] = Value(field) },
                FieldShape.Map => new JsonObject { ["type"] = "object", ["additionalProperties"] = Value(field) },
                _ => Value(field),
            };
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (row is not null)
        {
            schema["x-kubernetes-group-version-kind"] = new JsonArray((JsonNode)Kind(row, version));
        }

        return schema;
    }

    private static JsonObject Value(FieldSchema field) =>
        field.Kind switch
        {
            FieldKind.Object => new JsonObject { ["$ref"] = $"#/components/schemas/{Prefix}{field.TypeName}" },
            FieldKind.Int32 => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
            FieldKind.Int64 => new JsonObject { ["type"] = "integer", ["format"] = "int64" },
            FieldKind.Boolean => new JsonObject { ["type"] = "boolean" },
            FieldKind.Any => new JsonObject { ["type"] = "object" },
            FieldKind.Bytes => new JsonObject { ["type"] = "string", ["format"] = "byte" },
            FieldKind.Time => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            FieldKind.IntOrString => new JsonObject { ["type"] = "string", ["format"] = "int-or-string" },
            _ => new JsonObject { ["type"] = "string" },
        };
}
