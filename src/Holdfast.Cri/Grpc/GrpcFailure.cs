using System.Net.Sockets;
using Google.Protobuf;

namespace Holdfast.Cri.Grpc;

/// <summary>Says what a failure below gRPC means to the caller.</summary>
internal static class GrpcFailure
{
    // Error codes of HTTP/2 (RFC 9113, section 7), as gRPC's PROTOCOL-HTTP2.md maps them.
    private const long RefusedStream = 7;
    private const long Cancel = 8;
    private const long EnhanceYourCalm = 11;
    private const long InadequateSecurity = 12;

    public static (CriReason Reason, string Text) Explain(Exception cause, string socketPath)
    {
        for (var inner = cause; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException socket:
                    return (CriReason.Unavailable, Explain(socket, socketPath));
                case HttpProtocolException { ErrorCode: var code }:
                    return (Reason(code), $"the runtime broke the call off (HTTP/2 error {code})");
                case MessageTooLargeException:
                    return (CriReason.ResourceExhausted, inner.Message);
                case InvalidDataException or InvalidProtocolBufferException:
                    return (CriReason.Internal, inner.Message);
                case ObjectDisposedException:
                    return (CriReason.Unavailable, "the endpoint was closed");
            }
        }

        return cause is IOException or HttpRequestException or OperationCanceledException
            ? (CriReason.Unavailable, "the connection was lost")
            : (CriReason.Internal, cause.Message);
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

    private static CriReason Reason(long code) =>
        code switch
        {
            RefusedStream => CriReason.Unavailable,
            Cancel => CriReason.Cancelled,
            EnhanceYourCalm => CriReason.ResourceExhausted,
            InadequateSecurity => CriReason.PermissionDenied,
            _ => CriReason.Internal,
        };
}
