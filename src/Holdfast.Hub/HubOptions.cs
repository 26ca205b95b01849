using System.Net;
using Holdfast.Linux;

namespace Holdfast.Hub;

/// <summary>What a Hub needs to know of its node. Immutable, safe from any thread.</summary>
/// <param name="NodeName">Name of the Node object this Hub binds pods to; also a name in the server certificate.</param>
/// <param name="Paths">Where certificates, kubeconfig, socket and pod logs lie.</param>
public sealed record HubOptions(string NodeName, NodePaths Paths)
{
    /// <summary>The port of a real node's API.</summary>
    public const int DefaultPort = 7443;

    /// <summary>Lets the kernel choose; <see cref="HubServer.Port"/> and the kubeconfig tell which.</summary>
    public const int AnyFreePort = 0;

    /// <summary>Address the HTTPS API listens on. Loopback: nothing of the Hub is reachable from the network.</summary>
    public IPAddress ListenAddress { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port of the HTTPS API.</summary>
    public int Port { get; init; } = DefaultPort;
}
