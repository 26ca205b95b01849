using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Storage;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Verbs;

/// <summary>POST on a collection and PUT on an object.</summary>
internal static class WriteVerbs
{
    public static async Task CreateAsync(ApiCall call)
    {
        var options = call.WriteOptions;
        var body = await ReadAsync(call);
        var made = await call.Objects.CreateAsync(call.Resource, call.Path.Namespace, body, options, call.Token);
        await call.AnswerAsync(made, StatusCodes.Status201Created);
    }

    public static async Task ReplaceAsync(ApiCall call)
    {
        var options = call.WriteOptions;
        var body = await ReadAsync(call);
        if (body.MetaName != call.Path.Name)
        {
            throw ApiException.BadRequest(
                $"the name of the object ({body.MetaName}) does not match the name on the URL ({call.Path.Name})"
            );
        }

        if (body.MetaNamespace.Length > 0 && body.MetaNamespace != call.Path.Namespace)
        {
            throw ApiException.BadRequest(
                "the namespace of the provided object does not match the namespace sent on the request"
            );
        }

        var part = call.Path.Subresource == "status" ? WritePart.Status : WritePart.Spec;
        var stored = await call.Objects.UpdateAsync(
            call.Resource,
            call.Path.Namespace,
            call.Path.Name,
            part,
            _ => (JsonObject)body.DeepClone(),
            options,
            call.Token
        );
        await call.AnswerAsync(stored);
    }

    /// <summary>The body as an object of the path's kind, without what the kind does not know.</summary>
    private static async Task<JsonObject> ReadAsync(ApiCall call)
    {
        var body =
            await RequestBody.ReadObjectAsync(call, call.Resource.Schema)
            ?? throw ApiException.BadRequest("cannot read the request body: it is empty");
        CheckKind(call, body);
        RequestBody.Decode(call, body, call.Resource.Schema);
        return body;
    }

    public static void CheckKind(ApiCall call, JsonObject body)
    {
        var kind = body.StringAt("kind") ?? call.Resource.Kind;
        var version = body.StringAt("apiVersion") ?? call.ApiVersion;
        if (kind != call.Resource.Kind || version != call.ApiVersion)
        {
            throw ApiException.BadRequest(
                $"the object provided is unrecognized (must be of type {call.Resource.Kind} in version {call.ApiVersion}): "
                    + $"got {kind} in version {version}"
            );
        }

        body["kind"] = kind;
        body["apiVersion"] = version;
    }
}
