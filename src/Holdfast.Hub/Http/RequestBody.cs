using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Schema;
using Holdfast.Hub.Verbs;
using Holdfast.Kube;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Http;

/// <summary>Reads bodies: bounded, JSON or YAML, in the shape of a type. Whatever a client sends ends in 4xx, never in a crash.</summary>
internal static class RequestBody
{
    /// <summary>3 MiB, the limit of kube-apiserver (MaxRequestBodyBytes), so what fits there fits here.</summary>
    public const int MaxBytes = 3 << 20;

    /// <summary>Deeper nesting than this is no Kubernetes object; System.Text.Json's own default.</summary>
    private const int MaxDepth = 64;

    /// <summary>The bytes of the body.</summary>
    public static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > MaxBytes)
        {
            throw TooLarge();
        }

        try
        {
            var reader = request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync(ct);
                if (result.Buffer.Length > MaxBytes)
                {
                    throw TooLarge();
                }

                if (result.IsCompleted)
                {
                    var bytes = result.Buffer.ToArray();
                    reader.AdvanceTo(result.Buffer.End);
                    return bytes;
                }

                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }
        catch (BadHttpRequestException e)
        {
            throw new ApiException(
                e.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? ApiReason.RequestEntityTooLarge
                    : ApiReason.BadRequest,
                $"cannot read the request body: {e.Message}",
                e
            );
        }
    }

    /// <summary>An object of JSON or YAML; null for an empty body.</summary>
    /// <param name="schema">The type to read a protobuf body as; protobuf does not describe itself.</param>
    public static async Task<JsonObject?> ReadObjectAsync(ApiCall call, TypeSchema schema)
    {
        var bytes = await ReadAsync(call.Request, call.Token);
        if (bytes.Length == 0)
        {
            return null;
        }

        var type = MediaRange.Parse(call.Request.ContentType ?? "").Type;
        var node = type switch
        {
            "" or "application/json" or "*/*" => ParseJson(call, bytes),
            "application/yaml" or "application/x-yaml" or "text/yaml" => ParseYaml(bytes),
            "application/vnd.kubernetes.protobuf" => ProtobufBody.Read(bytes, schema),
            _ => throw new ApiException(
                ApiReason.UnsupportedMediaType,
                $"the body of the request was in an unknown format - accepted media types include: application/json, "
                    + $"application/yaml, application/vnd.kubernetes.protobuf (got {type})"
            ),
        };
        return node as JsonObject ?? throw ApiException.BadRequest("cannot read the request body: it is not an object");
    }

    /// <summary>JSON of a body; what stands in it twice is told when it is decoded.</summary>
    public static JsonNode? ParseJson(ApiCall call, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var body = new JsonBody(MaxDepth);
            var node = body.Read(bytes);
            call.DuplicateFields = body.Duplicates;
            return node;
        }
        catch (JsonException e)
        {
            throw new ApiException(
                ApiReason.BadRequest,
                $"cannot read the request body: it is not JSON: {e.Message}",
                e
            );
        }
    }

    /// <summary>The one document of a YAML body.</summary>
    public static JsonNode? ParseYaml(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var documents = KubeYaml.ParseDocuments(Encoding.UTF8.GetString(bytes));
            return documents.Count == 1
                ? documents[0]
                : throw ApiException.BadRequest(
                    $"cannot read the request body: it has {documents.Count} YAML documents, not one"
                );
        }
        catch (KubeException e)
        {
            throw new ApiException(
                ApiReason.BadRequest,
                $"cannot read the request body: it is not YAML: {e.Message}",
                e
            );
        }
    }

    /// <summary>
    /// Drops what the type does not know. By the fieldValidation parameter that, and what stood in the body twice, is an error
    /// (Strict), a Warning header (Warn, the default) or nothing (Ignore).
    /// </summary>
    public static void Decode(ApiCall call, JsonObject body, TypeSchema schema)
    {
        var decoder = new SchemaDecoder(schema);
        decoder.Decode(body, schema.Name);
        var findings = call.DuplicateFields.Concat(decoder.UnknownFields).ToList();
        if (findings.Count == 0)
        {
            return;
        }

        switch (call.Request.Text("fieldValidation"))
        {
            case "Strict":
                throw ApiException.BadRequest(
                    $"{schema.Name} in version \"{body.StringAt("apiVersion")}\" cannot be handled as a {schema.Name}: "
                        + $"strict decoding error: {string.Join(", ", findings)}"
                );
            case "Ignore":
                break;
            default:
                findings.ForEach(call.Warnings.Add);
                break;
        }
    }

    private static ApiException TooLarge() =>
        new(ApiReason.RequestEntityTooLarge, $"Request entity too large: limit is {MaxBytes}");
}
