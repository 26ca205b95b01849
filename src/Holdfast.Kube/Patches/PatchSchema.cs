namespace Holdfast.Kube;

/// <summary>How a strategic merge patch treats one field.</summary>
internal sealed record PatchField
{
    /// <summary>A list that merges instead of being replaced.</summary>
    public bool Merges { get; init; }

    /// <summary>The key that tells the objects of a merging list apart; null for lists of scalars.</summary>
    public string? MergeKey { get; init; }

    /// <summary>The fields of the object, or of the list's objects.</summary>
    public PatchSchema Fields { get; init; } = PatchSchema.None;
}

/// <summary>
/// What strategic merge patches must know about a type: which lists merge, and by which key. Fields that are not named
/// here merge when they are objects and are replaced when they are lists. Immutable and thread-safe.
/// </summary>
public sealed partial class PatchSchema
{
    private readonly Dictionary<string, PatchField> _fields;

    private PatchSchema(Dictionary<string, PatchField> fields) => _fields = fields;

    internal PatchField Field(string name) => _fields.GetValueOrDefault(name, Unknown);

    /// <summary>The keys that merge below here, as dotted paths to their merge key; for tests and documents.</summary>
    internal IEnumerable<(string Path, string? MergeKey)> MergingLists(string prefix = "")
    {
        foreach (var (name, field) in _fields)
        {
            if (field.Merges)
                yield return (prefix + name, field.MergeKey);
            foreach (var nested in field.Fields.MergingLists($"{prefix}{name}."))
                yield return nested;
        }
    }

    // A small language for the table of types: list of objects by key, list of scalars, nested object.
    private static PatchField By(string mergeKey, PatchSchema? items = null) =>
        new()
        {
            Merges = true,
            MergeKey = mergeKey,
            Fields = items ?? None,
        };

    private static PatchField Scalars => new() { Merges = true };

    private static PatchField Object(PatchSchema fields) => new() { Fields = fields };

    private static PatchSchema Of(params ReadOnlySpan<(string Name, PatchField Field)> fields)
    {
        var map = new Dictionary<string, PatchField>(StringComparer.Ordinal);
        foreach (var (name, field) in fields)
            map.Add(name, field);
        return new PatchSchema(map);
    }
}
