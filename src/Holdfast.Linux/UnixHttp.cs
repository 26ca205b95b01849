using System.Net.Sockets;

namespace Holdfast.Linux;

/// <summary>HTTP with a server behind a unix socket. Safe from any thread.</summary>
public static class UnixHttp
{
    /// <summary>A handler whose every connection is to this socket, whatever host an address names.</summary>
    public static SocketsHttpHandler CreateHandler(string socketPath) =>
        new()
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
}
