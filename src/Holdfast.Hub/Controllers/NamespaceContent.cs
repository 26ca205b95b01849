using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// What is left in a namespace that is being deleted, and the conditions that say so in the words of
/// k8s.io/kubernetes/pkg/controller/namespace/deletion. Used by one reconcile.
/// </summary>
internal sealed class NamespaceContent
{
    private readonly SortedDictionary<string, int> resources = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> finalizers = new(StringComparer.Ordinal);

    public bool IsEmpty => resources.Count == 0;

    public void Add(ResourceDefinition resource, JsonObject o)
    {
        Count(resources, $"{resource.Plural}.{resource.Group}");
        foreach (var finalizer in o.Finalizers)
        {
            Count(finalizers, finalizer);
        }
    }

    /// <summary>True when the conditions changed.</summary>
    public bool WriteTo(JsonObject status, DateTimeOffset now)
    {
        var changed = Conditions.Set(
            status,
            "NamespaceDeletionDiscoveryFailure",
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered",
            now
        );
        changed |= Conditions.Set(
            status,
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
            now
        );
        changed |= Set(
            status,
            "NamespaceContentRemaining",
            resources.Select(r => $"{r.Key} has {r.Value} resource instances"),
            ("SomeResourcesRemain", "Some resources are remaining: "),
            ("ContentRemoved", "All content successfully removed"),
            now
        );
        changed |= Set(
            status,
            "NamespaceFinalizersRemaining",
            finalizers.Select(f => $"{f.Key} in {f.Value} resource instances"),
            ("SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: "),
            ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
            now
        );
        return changed;
    }

    private static bool Set(
        JsonObject status,
        string type,
        IEnumerable<string> remaining,
        (string Reason, string Message) some,
        (string Reason, string Message) none,
        DateTimeOffset now
    )
    {
        var list = string.Join(", ", remaining);
        return list.Length > 0
            ? Conditions.Set(status, type, "True", some.Reason, some.Message + list, now)
            : Conditions.Set(status, type, "False", none.Reason, none.Message, now);
    }

    private static void Count(SortedDictionary<string, int> counts, string key) =>
        counts[key] = counts.GetValueOrDefault(key) + 1;
}
