namespace Holdfast.Store;

/// <summary>Names one object in the store. Immutable.</summary>
/// <param name="Resource">Plural resource with its API group, for example <c>pods</c> or <c>deployments.apps</c>.</param>
/// <param name="Namespace">Empty for a cluster-scoped object.</param>
/// <param name="Name">The object's metadata.name.</param>
public readonly record struct ObjectKey(string Resource, string Namespace, string Name)
{
    /// <summary>For messages: <c>pods default/web</c>, <c>nodes edge-1</c>.</summary>
    public override string ToString() =>
        Namespace.Length == 0 ? $"{Resource} {Name}" : $"{Resource} {Namespace}/{Name}";
}
