using Holdfast.Kube;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Streams;

/// <summary>
/// A stream that is refused by what would be the kubelet in a cluster. kube-apiserver passes on its answer, which is plain text and
/// no Status; kubectl shows it after "unable to upgrade connection:".
/// </summary>
internal sealed class StreamRefusal(int code, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Code => code;

    public static StreamRefusal BadRequest(string message) => new(StatusCodes.Status400BadRequest, message);

    public static StreamRefusal Failed(string message, Exception? inner = null) =>
        new(StatusCodes.Status500InternalServerError, message, inner);

    public static StreamRefusal From(PodStreamException e) =>
        new(
            e.Reason switch
            {
                PodStreamReason.NotFound => StatusCodes.Status404NotFound,
                PodStreamReason.Busy => StatusCodes.Status429TooManyRequests,
                _ => StatusCodes.Status500InternalServerError,
            },
            e.Message,
            e
        );
}
