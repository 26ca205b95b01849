namespace Holdfast.Kube;

/// <summary>
/// Streams into the pods of this node, for every server that offers them: the Kubernetes API and the kubelet's. Thread-safe.
/// </summary>
/// <remarks>
/// Each call answers with the address of an HTTP server on this machine that waits for one request: an upgrade to SPDY/3.1, or to
/// a WebSocket up to v4.channel.k8s.io. Runtimes keep an address for a minute. All throw <see cref="PodStreamException"/>.
/// </remarks>
public interface IPodStreams
{
    /// <summary>Runs a command in a running container.</summary>
    Task<Uri> ExecAsync(
        PodTarget pod,
        string container,
        IReadOnlyList<string> command,
        ContainerStreams streams,
        CancellationToken cancellationToken
    );

    /// <summary>Attaches to the first process of a running container.</summary>
    /// <param name="pod">The container's pod.</param>
    /// <param name="container">The container's name in the pod.</param>
    /// <param name="streams">Its Tty has to be that of the container's spec.</param>
    /// <param name="cancellationToken">Ends the wait for the runtime's answer.</param>
    Task<Uri> AttachAsync(
        PodTarget pod,
        string container,
        ContainerStreams streams,
        CancellationToken cancellationToken
    );

    /// <summary>Connects to ports inside of a running pod's network.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="ports">WebSocket clients name them beforehand, SPDY clients per stream.</param>
    /// <param name="cancellationToken">Ends the wait for the runtime's answer.</param>
    Task<Uri> PortForwardAsync(PodTarget pod, IReadOnlyList<int> ports, CancellationToken cancellationToken);
}

/// <summary>A pod of this node by its three names; the uid decides.</summary>
public sealed record PodTarget(string Namespace, string Name, string Uid)
{
    /// <summary>"NAME_NAMESPACE", as the kubelet names pods in messages.</summary>
    public override string ToString() => $"{Name}_{Namespace}";
}

/// <summary>The streams of a process that a client wants. A terminal has no stderr of its own.</summary>
public sealed record ContainerStreams(bool Stdin, bool Stdout, bool Stderr, bool Tty);
