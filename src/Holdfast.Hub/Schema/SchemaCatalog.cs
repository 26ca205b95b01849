namespace Holdfast.Hub.Schema;

/// <summary>
/// The types of <c>kubernetes.schema</c>, read once when the program starts. Validation of bodies
/// and the OpenAPI documents come from here. Immutable after construction, safe from any thread.
/// </summary>
internal sealed class SchemaCatalog
{
    private const string ResourceFile = "Holdfast.Hub.Schema.kubernetes.schema";
    private readonly Dictionary<string, TypeSchema> types = [];

    private SchemaCatalog(TextReader text)
    {
        TypeSchema? current = null;
        while (text.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] != ' ')
            {
                current = new TypeSchema(line);
                types.Add(line, current);
                continue;
            }

            var field = ParseField(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            current!.Fields.Add(field.Name, field);
        }

        foreach (var field in types.Values.SelectMany(t => t.Fields.Values).Where(f => f.Kind == FieldKind.Object))
        {
            field.Type = this[field.TypeName];
        }
    }

    public static SchemaCatalog Kubernetes { get; } = Load();

    public IEnumerable<TypeSchema> Types => types.Values;

    public TypeSchema this[string name] =>
        types.TryGetValue(name, out var type)
            ? type
            : throw new InvalidOperationException($"internal error: kubernetes.schema has no type {name}");

    private static SchemaCatalog Load()
    {
        using var stream =
            typeof(SchemaCatalog).Assembly.GetManifestResourceStream(ResourceFile)
            ?? throw new InvalidOperationException("internal error: kubernetes.schema is not in the assembly");
        using var reader = new StreamReader(stream);
        return new SchemaCatalog(reader);
    }

    private static FieldSchema ParseField(string[] words)
    {
        var type = words[1];
        var shape = FieldShape.Single;
        if (type.StartsWith("[]", StringComparison.Ordinal))
        {
            (shape, type) = (FieldShape.List, type[2..]);
        }
        else if (type.StartsWith("map[", StringComparison.Ordinal))
        {
            (shape, type) = (FieldShape.Map, type[4..^1]);
        }

        var number = words.Length > 2 ? words[2] : "0";
        return new FieldSchema(words[0], shape, ParseKind(type), type)
        {
            Number = int.Parse(number.TrimEnd('*')),
            KeepsZero = number.EndsWith('*'),
        };
    }

    private static FieldKind ParseKind(string type) =>
        type switch
        {
            "string" => FieldKind.Text,
            "int32" => FieldKind.Int32,
            "int64" => FieldKind.Int64,
            "bool" => FieldKind.Boolean,
            "bytes" => FieldKind.Bytes,
            "any" => FieldKind.Any,
            "Time" => FieldKind.Time,
            "Quantity" => FieldKind.Quantity,
            "IntOrString" => FieldKind.IntOrString,
            _ => FieldKind.Object,
        };
}
