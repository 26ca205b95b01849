namespace Holdfast.Kube;

/// <summary>How much YAML is read before the text is refused, so that no text recurses without end or fills the memory.</summary>
/// <param name="Depth">Levels of nesting, with those behind an alias.</param>
/// <param name="Nodes">Keys and values; those behind an alias count each time that the alias is used.</param>
/// <param name="Characters">Of the text; the scanner is slow on what is much larger.</param>
public sealed record YamlBounds(int Depth, int Nodes, int Characters)
{
    /// <summary>
    /// Kubernetes objects: nested as deep as <see cref="KubeJson"/> writes them. A request body has at most 3 MiB (MaxRequestBodyBytes
    /// of kube-apiserver), a file of manifests may have several objects.
    /// </summary>
    public static YamlBounds Manifests { get; } = new(KubeJson.MaxDepth, 1_000_000, 16 * 1024 * 1024);

    /// <summary>
    /// Configuration of one machine. A node document is eight levels deep and has five thousand values with a thousand hosts; a
    /// full edgecore.yaml has three hundred values, a kubelet's configuration is five levels deep.
    /// </summary>
    public static YamlBounds Configuration { get; } = new(32, 50_000, 1024 * 1024);
}
