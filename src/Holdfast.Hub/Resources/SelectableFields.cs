using System.Text.Json.Nodes;
using Holdfast.Hub.Schema;
using Holdfast.Kube;

namespace Holdfast.Hub.Resources;

/// <summary>
/// The fields of a kind that field selectors may name, with the values that upstream compares: a field that is not set has
/// the zero value of its type, "false" or "0" or "". Immutable, safe from any thread.
/// </summary>
internal sealed class SelectableFields
{
    private readonly Dictionary<string, Func<JsonObject, string>> readers = new(StringComparer.Ordinal);

    /// <param name="schema">The kind.</param>
    /// <param name="paths">Fields besides metadata.name and metadata.namespace.</param>
    /// <param name="special">Names that are no paths, or whose value stands elsewhere.</param>
    public SelectableFields(
        TypeSchema? schema,
        IEnumerable<string> paths,
        IReadOnlyDictionary<string, Func<JsonObject, string>>? special = null
    )
    {
        foreach (var path in paths.Append("metadata.name").Append("metadata.namespace"))
        {
            var zero = Zero(schema, path);
            readers[path] = o => FieldSelectorQuery.ValueAt(o, path) is { Length: > 0 } value ? value : zero;
        }

        foreach (var (name, reader) in special ?? new Dictionary<string, Func<JsonObject, string>>())
        {
            readers[name] = reader;
        }
    }

    /// <summary>Name and namespace, which every kind has.</summary>
    public static SelectableFields OnlyNames { get; } = new(null, []);

    public IEnumerable<string> Paths => readers.Keys;

    public bool Contains(string path) => readers.ContainsKey(path);

    public string Value(JsonObject o, string path) => readers[path](o);

    private static string Zero(TypeSchema? type, string path)
    {
        FieldSchema? field = null;
        foreach (var step in path.Split('.'))
        {
            field = type?.Fields.GetValueOrDefault(step);
            type = field?.Type;
        }

        return field?.Kind switch
        {
            FieldKind.Boolean => "false",
            FieldKind.Int32 or FieldKind.Int64 => "0",
            _ => "",
        };
    }
}
