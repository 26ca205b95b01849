using System.Net;
using System.Net.Sockets;

namespace Holdfast.Testing;

/// <summary>
/// Something that listens where a cluster would: it takes connections and ends them. Enough for a machine that
/// asks whether the cluster can be reached before a stand-in of a joining tool joins it.
/// </summary>
public sealed class ClusterListener : IDisposable
{
    private readonly TcpListener listener;

    public ClusterListener()
        : this(IPAddress.Loopback) { }

    /// <param name="address">Where machines with a network of their own find this one.</param>
    public ClusterListener(IPAddress address)
    {
        listener = new TcpListener(address, 0);
        listener.Start();
        Address = listener.LocalEndpoint.ToString()!;
        _ = AcceptAsync();
    }

    /// <summary>Host and port.</summary>
    public string Address { get; }

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                (await listener.AcceptTcpClientAsync()).Dispose();
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
