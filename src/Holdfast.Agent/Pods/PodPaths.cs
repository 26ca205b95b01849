using Holdfast.Linux;

namespace Holdfast.Agent.Pods;

/// <summary>Every place on the node that belongs to one pod, in the kubelet's layout. Pure; immutable.</summary>
internal sealed record PodPaths(string PodDirectory, string LogDirectory)
{
    public string EtcHosts => Path.Join(PodDirectory, "etc-hosts");

    public string VolumesDirectory => Path.Join(PodDirectory, "volumes");

    public static PodPaths For(NodePaths paths, string podNamespace, string podName, string podUid) =>
        new(
            Path.Join(paths.PodsDirectory, podUid),
            Path.Join(paths.PodLogsDirectory, Kube.PodLogPath.Directory(podNamespace, podName, podUid))
        );

    /// <param name="kind">The volume plugin's name as the kubelet writes it, for example <c>empty-dir</c>.</param>
    public string Volume(string kind, string name) => Path.Join(VolumesDirectory, "kubernetes.io~" + kind, name);

    public string ContainerDirectory(string container) => Path.Join(PodDirectory, "containers", container);

    /// <summary>The file a container may write its last words to; one per attempt, so that no attempt reads another's.</summary>
    public string TerminationLog(string container, uint attempt) =>
        Path.Join(ContainerDirectory(container), attempt.ToString());

    public string ContainerLogDirectory(string container) => Path.Join(LogDirectory, container);

    public string ContainerLog(string container, uint attempt) => Path.Join(LogDirectory, container, $"{attempt}.log");
}
