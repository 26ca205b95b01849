namespace Holdfast.Hub.Schema;

/// <summary>What the value of a field is.</summary>
internal enum FieldKind
{
    Text,
    Int32,
    Int64,
    Boolean,
    Bytes,
    Any,
    Time,
    Quantity,
    IntOrString,
    Object,
}

/// <summary>How often the value stands in a field.</summary>
internal enum FieldShape
{
    Single,
    List,
    Map,
}

/// <summary>One field of a type. Immutable once the catalog is read.</summary>
internal sealed record FieldSchema(string Name, FieldShape Shape, FieldKind Kind, string TypeName)
{
    /// <summary>Number of the field in the protobuf form; 0 when it is not read from protobuf.</summary>
    public int Number { get; init; }

    /// <summary>Whether a zero in the protobuf form was written on purpose (a pointer in Go).</summary>
    public bool KeepsZero { get; init; }

    /// <summary>The type of the value; null unless <see cref="Kind"/> is Object.</summary>
    public TypeSchema? Type { get; set; }
}

/// <summary>The fields of one Kubernetes type. Immutable once the catalog is read.</summary>
internal sealed class TypeSchema(string name)
{
    public string Name { get; } = name;
    public Dictionary<string, FieldSchema> Fields { get; } = [];

    /// <summary>Whether the protobuf number of every field is known; apiVersion and kind stand outside of the message.</summary>
    public bool IsNumbered => Fields.Values.All(f => f.Number > 0 || f.Name is "apiVersion" or "kind");
}
