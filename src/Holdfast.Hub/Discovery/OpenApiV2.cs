using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Http;
using Holdfast.Hub.Resources;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Discovery;

/// <summary>
/// OpenAPI v2 for clients older than 1.27: a document without definitions, so that they skip their own validation, whose
/// PATCH operations say that dryRun and fieldValidation are understood. JSON, or the gnostic protobuf that kubectl asks for.
/// </summary>
internal static class OpenApiV2
{
    /// <summary>What clients ask for has an @ that no MIME parser takes back; kube-apiserver answers with this, too.</summary>
    private const string ProtobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    private static readonly string[] QueryParameters = ["dryRun", "fieldValidation"];

    public static async Task AnswerAsync(HttpContext context, ResourceTable table)
    {
        if (context.Request.Headers.Accept.ToString().Contains("proto-openapi", StringComparison.Ordinal))
        {
            context.Response.ContentType = ProtobufType;
            await context.Response.Body.WriteAsync(Protobuf(table), context.RequestAborted);
            return;
        }

        await ApiAnswer.WriteAsync(
            context,
            new JsonObject
            {
                ["swagger"] = "2.0",
                ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.32.0" },
                ["paths"] = new JsonObject(),
                ["definitions"] = new JsonObject(),
            }
        );
    }

    /// <summary>Field numbers are those of github.com/google/gnostic openapiv2/OpenAPIv2.proto.</summary>
    internal static byte[] Protobuf(ResourceTable table)
    {
        var document = new ProtobufMessage();
        document.Text(1, "2.0");
        document.Message(
            2,
            info =>
            {
                info.Text(1, "Kubernetes");
                info.Text(2, "v1.32.0");
            }
        );
        document.Message(
            8,
            paths =>
            {
                foreach (var row in table.Rows)
                {
                    foreach (var version in row.Versions)
                    {
                        paths.Message(
                            2,
                            named =>
                            {
                                named.Text(1, OpenApiV3.PathOf(row, version));
                                named.Message(2, item => item.Message(8, patch => Patch(patch, row, version)));
                            }
                        );
                    }
                }
            }
        );
        return document.ToArray();
    }

    private static void Patch(ProtobufMessage operation, ResourceDefinition row, string version)
    {
        foreach (var name in QueryParameters)
        {
            // ParametersItem > Parameter > NonBodyParameter > QueryParameterSubSchema { in, name, type }
            operation.Message(
                8,
                item =>
                    item.Message(
                        1,
                        parameter =>
                            parameter.Message(
                                2,
                                nonBody =>
                                    nonBody.Message(
                                        3,
                                        query =>
                                        {
                                            query.Text(2, "query");
                                            query.Text(4, name);
                                            query.Text(6, "string");
                                        }
                                    )
                            )
                    )
            );
        }

        operation.Message(
            13,
            extension =>
            {
                extension.Text(1, "x-kubernetes-group-version-kind");
                extension.Message(
                    2,
                    any => any.Text(2, $"group: \"{row.Group}\"\nkind: {row.Kind}\nversion: {version}\n")
                );
            }
        );
    }

    /// <summary>Length-delimited fields are all that this document needs of protobuf.</summary>
    private sealed class ProtobufMessage
    {
        private const int LengthDelimited = 2;
        private readonly MemoryStream bytes = new();

        public void Text(int field, string value) => Field(field, Encoding.UTF8.GetBytes(value));

        public void Message(int field, Action<ProtobufMessage> fill)
        {
            var inner = new ProtobufMessage();
            fill(inner);
            Field(field, inner.ToArray());
        }

        public byte[] ToArray() => bytes.ToArray();

        private void Field(int number, byte[] value)
        {
            Varint((number << 3) | LengthDelimited);
            Varint(value.Length);
            bytes.Write(value);
        }

        private void Varint(int value)
        {
            while (value >= 0x80)
            {
                bytes.WriteByte((byte)(value | 0x80));
                value >>= 7;
            }

            bytes.WriteByte((byte)value);
        }
    }
}
