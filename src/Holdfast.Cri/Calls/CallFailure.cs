using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;

namespace Holdfast.Cri.Calls;

/// <summary>Says what a failed call means to the caller.</summary>
internal static class CallFailure
{
    /// <param name="what">What cannot be done and where, the first half of the message.</param>
    public static CriException Explain(string what, RpcException failed, string socketPath)
    {
        // Only a status that the client itself has made has an exception.
        var (status, reason) = (failed.Status, ReasonOf(failed.StatusCode));
        return status.DebugException switch
        {
            null => new CriException(reason, $"{what}: {status.Detail}", status.Detail),
            // Taken for a lost connection, because it is an IOException; the same answer would come again.
            InvalidProtocolBufferException unreadable => new CriException(
                CriReason.Internal,
                $"{what}: {unreadable.Message}",
                failed
            ),
            var inner => new CriException(reason, $"{what}: {Explain(inner, socketPath)}", failed),
        };
    }

    /// <summary>A code that a newer gRPC may have added counts as Unknown, as the specification wants it.</summary>
    private static CriReason ReasonOf(StatusCode code) =>
        code is > StatusCode.OK and <= StatusCode.Unauthenticated ? (CriReason)code : CriReason.Unknown;

    private static string Explain(Exception cause, string socketPath)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException socket:
                    return Explain(socket, socketPath);
                case HttpProtocolException { ErrorCode: var code }:
                    return $"the runtime broke the call off (HTTP/2 error {code})";
            }
        }

        return cause is IOException or HttpRequestException ? "the connection was lost" : cause.Message;
    }

    private static string Explain(SocketException cause, string socketPath) =>
        cause.SocketErrorCode switch
        {
            SocketError.AddressNotAvailable => $"there is no socket {socketPath}; is the runtime running?",
            SocketError.ConnectionRefused => $"nothing listens at {socketPath}; is the runtime running?",
            SocketError.AccessDenied => $"no permission to use {socketPath}; run it as root",
            SocketError.ConnectionReset or SocketError.Shutdown => "the connection was lost",
            _ => $"{socketPath}: {cause.Message}",
        };
}
