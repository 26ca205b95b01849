using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Storage;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Http;

/// <summary>Writes whole JSON answers. Stateless.</summary>
internal static class ApiAnswer
{
    public const string JsonType = "application/json";

    public static async Task WriteAsync(HttpContext context, JsonNode body, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType ??= JsonType;
        await using (var writer = StoredJson.Writer(context.Response.BodyWriter))
        {
            body.WriteTo(writer);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    public static Task WriteTextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    public static Task WriteErrorAsync(HttpContext context, ApiException error)
    {
        context.Response.ContentType = JsonType;
        return WriteAsync(context, error.ToStatus(), error.Code);
    }

    /// <summary>metav1.Status of a finished delete.</summary>
    public static JsonObject Success(JsonObject details) =>
        new()
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        };
}
