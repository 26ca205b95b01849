using Holdfast.Cri;
using Holdfast.Kube;

namespace Holdfast.Agent.Sandboxes;

/// <summary>The labels that the agent gives to everything of a pod.</summary>
internal static class PodLabels
{
    public static IEnumerable<KeyValuePair<string, string>> Of(Pod pod, AgentOptions options)
    {
        yield return new(RuntimeLabels.PodName, pod.Metadata.Name);
        yield return new(RuntimeLabels.PodNamespace, pod.Metadata.Namespace);
        yield return new(RuntimeLabels.PodUid, pod.Metadata.Uid);
        yield return new(RuntimeLabels.Node, options.NodeName);
        if (options.Paths.Key.Length > 0)
        {
            yield return new(RuntimeLabels.Root, options.Paths.Key);
        }
    }
}
