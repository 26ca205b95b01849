namespace Holdfast.Kube;

/// <summary>Why a stream into a pod cannot be opened.</summary>
public enum PodStreamReason
{
    /// <summary>The container or the pod does not run, or the runtime failed.</summary>
    Failed,

    /// <summary>The runtime no longer has what was found in it a moment ago.</summary>
    NotFound,

    /// <summary>The runtime has too many streams waiting for their clients; may be tried again.</summary>
    Busy,
}

/// <summary>A stream into a pod cannot be opened; the message is the kubelet's where the kubelet has one.</summary>
public sealed class PodStreamException(PodStreamReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public PodStreamReason Reason { get; } = reason;
}
