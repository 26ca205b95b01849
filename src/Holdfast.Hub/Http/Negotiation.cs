using Holdfast.Hub.Errors;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Http;

/// <summary>In which shape a client wants objects.</summary>
internal enum AnswerShape
{
    Object,
    Table,
    PartialMetadata,
}

/// <summary>What an Accept header came to.</summary>
/// <param name="Version">Version of meta.k8s.io for the shapes other than Object.</param>
internal sealed record Negotiated(AnswerShape Shape, string Version)
{
    private static readonly Negotiated Plain = new(AnswerShape.Object, "v1");

    /// <exception cref="ApiException">NotAcceptable: the client takes nothing the Hub can write.</exception>
    public static Negotiated From(HttpRequest request)
    {
        var ranges = MediaRange.ParseAll(request.Headers.Accept.ToString());
        if (ranges.Count == 0)
        {
            return Plain;
        }

        foreach (var range in ranges)
        {
            if (!range.IsJson)
            {
                continue;
            }

            var version = range["v"] ?? "v1";
            var isMeta = range["g"] == "meta.k8s.io" && version is "v1" or "v1beta1";
            switch (range["as"])
            {
                case null:
                    return Plain;
                case "Table" when isMeta:
                    return new(AnswerShape.Table, version);
                case "PartialObjectMetadata" or "PartialObjectMetadataList" when isMeta:
                    return new(AnswerShape.PartialMetadata, version);
                default:
                    break;
            }
        }

        throw new ApiException(
            ApiReason.NotAcceptable,
            "only the following media types are accepted: application/json, application/json;as=Table;v=v1;g=meta.k8s.io, "
                + "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
        );
    }
}
