namespace Holdfast.Kube;

/// <summary>Annotations of pods that mean something to this node.</summary>
public static class PodAnnotations
{
    /// <summary>"true" asks for the runtime that isolates untrusted workloads (a containerd convention older than RuntimeClass).</summary>
    public const string UntrustedWorkload = "io.kubernetes.cri.untrusted-workload";
}
