using Holdfast.Kube;

namespace Holdfast.Agent.NodeStatus;

/// <summary>
/// The labels of the Node object that are the daemon's: Kubernetes' own and those of the node document. What the document
/// does not say any more goes; what a person has put beside stays. Immutable.
/// </summary>
internal sealed class NodeLabels(string nodeName, IReadOnlyDictionary<string, string> ofDocument)
{
    /// <summary>Annotation of the Node object: keys of the labels that came from a document, in order, with commas between.</summary>
    public const string OwnKeys = "holdfast.dev/labels";

    private readonly Dictionary<string, string> wanted = new(ofDocument)
    {
        ["kubernetes.io/hostname"] = nodeName,
        ["kubernetes.io/os"] = "linux",
        ["kubernetes.io/arch"] = NodeInfoReader.Architecture,
        ["beta.kubernetes.io/os"] = "linux",
        ["beta.kubernetes.io/arch"] = NodeInfoReader.Architecture,
    };

    /// <returns>Whether something was to be changed.</returns>
    public bool PutOn(KubeObject node)
    {
        var labels = node.Labels;
        var earlier = node.Annotations.GetValueOrDefault(OwnKeys) ?? "";
        var own = string.Join(',', ofDocument.Keys.Order(StringComparer.Ordinal));
        var gone = earlier.Split(',').Where(key => !wanted.ContainsKey(key) && labels.ContainsKey(key)).ToArray();
        var different = wanted.Where(label => labels.GetValueOrDefault(label.Key) != label.Value).ToArray();
        foreach (var key in gone)
        {
            node.SetLabel(key, null);
        }

        foreach (var (key, value) in different)
        {
            node.SetLabel(key, value);
        }

        if (own != earlier)
        {
            node.SetAnnotation(OwnKeys, own.Length == 0 ? null : own);
        }

        return own != earlier || gone.Length > 0 || different.Length > 0;
    }
}
