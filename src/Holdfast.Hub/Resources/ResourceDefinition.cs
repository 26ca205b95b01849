using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Schema;

namespace Holdfast.Hub.Resources;

/// <summary>
/// One row of the resource table: everything the API knows of a kind. Verbs, discovery, printing and validation read
/// rows; none of them names a kind. Immutable, safe from any thread.
/// </summary>
internal sealed record ResourceDefinition
{
    /// <summary>API group; empty for the core group.</summary>
    public required string Group { get; init; }

    /// <summary>Served versions, the preferred and stored one first.</summary>
    public required IReadOnlyList<string> Versions { get; init; }
    public required string Kind { get; init; }
    public required string Plural { get; init; }
    public required string Singular { get; init; }
    public IReadOnlyList<string> ShortNames { get; init; } = [];
    public IReadOnlyList<string> Categories { get; init; } = [];
    public required bool IsNamespaced { get; init; }

    /// <summary>Name of the resource in the store.</summary>
    public required string StoreName { get; init; }
    public required TypeSchema Schema { get; init; }
    public IReadOnlyList<Subresource> Subresources { get; init; } = [];
    public required IReadOnlyList<TableColumn> Columns { get; init; }

    /// <summary>What field selectors may name.</summary>
    public SelectableFields SelectableFields { get; init; } = SelectableFields.OnlyNames;

    /// <summary>Fills in what the writer left out; runs on every create and update.</summary>
    public Action<JsonObject> Default { get; init; } = _ => { };

    /// <summary>Sets what only the server decides about a new object, such as the first status.</summary>
    public Action<JsonObject> PrepareNew { get; init; } = _ => { };

    /// <summary>Keeps what a write of the status may not change outside of it; the second argument is the current object.</summary>
    public Action<JsonObject, JsonObject> PrepareStatus { get; init; } = (_, _) => { };

    /// <summary>All findings about an object; the second argument is what it replaces, null for a new object.</summary>
    public Action<JsonObject, JsonObject?, List<FieldError>> Validate { get; init; } = (_, _, _) => { };

    /// <summary>What the writer of an object should know although it is accepted; arguments as for Validate.</summary>
    public Func<JsonObject, JsonObject?, IEnumerable<string>> Warnings { get; init; } = (_, _) => [];

    /// <summary>Decides about a new object with a look at others; throws an ApiException to refuse it.</summary>
    public Action<JsonObject, ObjectLookup> Admit { get; init; } = (_, _) => { };

    /// <summary>Why an object may never be deleted; null for all that may.</summary>
    public Func<string, string?> DeletionBar { get; init; } = _ => null;

    /// <summary>What else changes in an object that begins to go away.</summary>
    public Action<JsonObject> MarkTerminating { get; init; } = _ => { };

    /// <summary>Whether names may be DNS subdomains (with dots) rather than labels.</summary>
    public bool NameIsSubdomain { get; init; } = true;

    /// <summary>metadata.generation counts changes of the spec; kinds without status have no generation.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>Grace period of a delete that names none; null when objects of this kind go at once.</summary>
    public Func<JsonObject, long>? DeletionGrace { get; init; }

    public string GroupVersion(string version) => Group.Length == 0 ? version : $"{Group}/{version}";

    public string StoredApiVersion => GroupVersion(Versions[0]);

    /// <summary>"pods", "deployments.apps": how error messages name the resource.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public bool HasStatus => Subresources.Any(s => s.Name == "status");

    public bool HasScale => Subresources.Any(s => s.Name == "scale");
}

/// <summary>Finds another object by resource, namespace ("" when cluster-scoped) and name; null when there is none.</summary>
internal delegate JsonObject? ObjectLookup(ResourceDefinition resource, string ns, string name);

/// <summary>A part of an object with its own path, and what discovery says of it.</summary>
internal sealed record Subresource(string Name, string Kind, string Group, string Version, params string[] Verbs);
