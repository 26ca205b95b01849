namespace Holdfast.Hub.Resources;

/// <summary>All kinds the API serves, in the order discovery shows them. Immutable, safe from any thread.</summary>
internal sealed class ResourceTable
{
    public static ResourceTable Kubernetes { get; } =
        new([
            CoreResources.Namespaces,
            PodResources.Pods,
            NodeResources.Nodes,
            CoreResources.ConfigMaps,
            CoreResources.Secrets,
            CoreResources.Events,
            AppsResources.Deployments,
            AppsResources.ReplicaSets,
            NodeResources.RuntimeClasses,
        ]);

    private readonly Dictionary<(string Group, string Version, string Plural), ResourceDefinition> byPath = [];

    private ResourceTable(IReadOnlyList<ResourceDefinition> rows)
    {
        Rows = rows;
        foreach (var row in rows)
        {
            foreach (var version in row.Versions)
            {
                byPath.Add((row.Group, version, row.Plural), row);
            }
        }
    }

    public IReadOnlyList<ResourceDefinition> Rows { get; }

    public IEnumerable<ResourceDefinition> Namespaced => Rows.Where(r => r.IsNamespaced);

    /// <summary>Named groups (not the core group) with their versions, preferred first.</summary>
    public IEnumerable<(string Group, IReadOnlyList<string> Versions)> Groups =>
        Rows.Where(r => r.Group.Length > 0)
            .GroupBy(r => r.Group)
            .Select(g => (g.Key, (IReadOnlyList<string>)[.. g.SelectMany(r => r.Versions).Distinct()]));

    public ResourceDefinition? Find(string group, string version, string plural) =>
        byPath.GetValueOrDefault((group, version, plural));

    /// <summary>The row of an owner reference or an involved object; null for a kind that is not served.</summary>
    public ResourceDefinition? FindKind(string apiVersion, string kind) =>
        Rows.FirstOrDefault(r => r.Kind == kind && r.Versions.Any(v => r.GroupVersion(v) == apiVersion));

    public IEnumerable<(ResourceDefinition Row, string Version)> In(string group, string version) =>
        Rows.Where(r => r.Group == group && r.Versions.Contains(version)).Select(r => (r, version));
}
