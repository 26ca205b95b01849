namespace Holdfast.Cri;

/// <summary>
/// The labels of sandboxes and containers: the kubelet's own keys, so that every tool that reads them keeps working, and
/// Holdfast's, which say which node made them. By these a restarted agent finds its pods again.
/// </summary>
public static class RuntimeLabels
{
    public const string PodName = "io.kubernetes.pod.name";
    public const string PodNamespace = "io.kubernetes.pod.namespace";
    public const string PodUid = "io.kubernetes.pod.uid";
    public const string ContainerName = "io.kubernetes.container.name";

    /// <summary>Only what carries this label with this node's name is ever stopped or removed.</summary>
    public const string Node = "holdfast.dev/node";

    /// <summary>Which of several nodes of one machine made it; the machine's own does not have it.</summary>
    public const string Root = "holdfast.dev/root";

    /// <summary>The handler of a sandbox that is not the default one's: CRI-O does not list it.</summary>
    public const string Handler = "holdfast.dev/handler";

    public const string RestartCount = "io.kubernetes.container.restartCount";
    public const string TerminationMessagePath = "io.kubernetes.container.terminationMessagePath";
    public const string TerminationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy";
    public const string GracePeriod = "io.kubernetes.pod.terminationGracePeriod";

    /// <summary>Whether the node with this key made what has these labels, whatever other nodes of the machine are called.</summary>
    /// <param name="nodeKey">"" for the machine's own node.</param>
    public static bool IsOf(string nodeKey, IDictionary<string, string> labels) =>
        (labels.TryGetValue(Root, out var root) ? root : "") == nodeKey;

    /// <summary>"" for the runtime's default handler.</summary>
    public static string HandlerOf(V1.PodSandbox sandbox) =>
        sandbox.RuntimeHandler.Length > 0 ? sandbox.RuntimeHandler
        : sandbox.Labels.TryGetValue(Handler, out var handler) ? handler
        : "";
}
