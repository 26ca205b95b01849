using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Logs;

/// <summary>The query of GET pods/NAME/log: corev1.PodLogOptions. Immutable.</summary>
internal sealed record LogRequest
{
    public string Container { get; private init; } = "";
    public bool Follow { get; private init; }
    public bool Previous { get; private init; }
    public bool Timestamps { get; private init; }
    public long? TailLines { get; private init; }
    public long? LimitBytes { get; private init; }

    /// <summary>Lines older than this are left out.</summary>
    public DateTimeOffset? Since { get; private init; }

    public static LogRequest From(HttpRequest request, DateTimeOffset now)
    {
        var sinceSeconds = request.Number("sinceSeconds");
        var sinceTime = request.Text("sinceTime");
        var tail = request.Number("tailLines");
        var limit = request.Number("limitBytes");
        if (sinceSeconds is not null && sinceTime.Length > 0)
        {
            throw Invalid("sinceSeconds", "at most one of `sinceTime` or `sinceSeconds` may be specified");
        }

        if (sinceSeconds < 1)
        {
            throw Invalid("sinceSeconds", "must be greater than 0");
        }

        if (tail < 0)
        {
            throw Invalid("tailLines", "must be greater than or equal to 0");
        }

        if (limit < 1)
        {
            throw Invalid("limitBytes", "must be greater than 0");
        }

        return new()
        {
            Container = request.Text("container"),
            Follow = request.Flag("follow"),
            Previous = request.Flag("previous"),
            Timestamps = request.Flag("timestamps"),
            TailLines = tail,
            LimitBytes = limit,
            Since =
                sinceSeconds is { } seconds ? now - TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue))
                : sinceTime.Length == 0 ? null
                : JsonReading.ParseTime(sinceTime)
                    ?? throw Invalid("sinceTime", $"cannot parse \"{sinceTime}\" as RFC 3339 time"),
        };
    }

    private static ApiException Invalid(string field, string detail) =>
        new(ApiReason.Invalid, $"PodLogOptions is invalid: {field}: Invalid value: {detail}");
}
