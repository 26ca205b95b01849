using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Holdfast.Cri.Grpc;

/// <summary>How a call ended, read from HTTP. Immutable.</summary>
/// <param name="Code">gRPC's status code; zero is success.</param>
internal readonly record struct GrpcStatus(int Code, string Message)
{
    private const int LastCode = (int)CriReason.Unauthenticated;

    /// <summary>A code that a newer gRPC may have added counts as Unknown, as the specification wants it.</summary>
    public CriReason Reason => Code is > 0 and <= LastCode ? (CriReason)Code : CriReason.Unknown;

    /// <summary>Reads grpc-status and grpc-message; null when there is no status.</summary>
    public static GrpcStatus? Read(HttpHeaders headers)
    {
        if (Value(headers, "grpc-status") is not { } text)
        {
            return null;
        }

        // Percent-encoded UTF-8; what is not valid stays as it is.
        var message = Uri.UnescapeDataString(Value(headers, "grpc-message") ?? "");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? new GrpcStatus(code, message)
            : new GrpcStatus((int)CriReason.Unknown, $"grpc-status \"{text}\" is not a number; {message}");
    }

    /// <summary>The meaning of an answer that is not gRPC, as gRPC's http-grpc-status-mapping.md has it.</summary>
    public static GrpcStatus FromHttp(HttpStatusCode status)
    {
        var reason = status switch
        {
            HttpStatusCode.BadRequest => CriReason.Internal,
            HttpStatusCode.Unauthorized => CriReason.Unauthenticated,
            HttpStatusCode.Forbidden => CriReason.PermissionDenied,
            HttpStatusCode.NotFound => CriReason.Unimplemented,
            HttpStatusCode.TooManyRequests
            or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => CriReason.Unavailable,
            _ => CriReason.Unknown,
        };
        return new GrpcStatus((int)reason, $"it answered HTTP status {(int)status}, not gRPC");
    }

    private static string? Value(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) && values.Count > 0 ? values.ToString() : null;
}
