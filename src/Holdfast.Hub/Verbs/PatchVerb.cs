using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Storage;
using Holdfast.Kube;

namespace Holdfast.Hub.Verbs;

/// <summary>PATCH on an object or on its status: JSON patch, merge patch, strategic merge patch.</summary>
internal static class PatchVerb
{
    public static async Task RunAsync(ApiCall call)
    {
        var options = call.WriteOptions;
        var patch = await ReadPatchAsync(call);
        var part = call.Path.Subresource == "status" ? WritePart.Status : WritePart.Spec;
        var stored = await call.Objects.UpdateAsync(
            call.Resource,
            call.Path.Namespace,
            call.Path.Name,
            part,
            current =>
            {
                var patched = patch(call.InVersion(current));
                WriteVerbs.CheckKind(call, patched);
                RequestBody.Decode(call, patched, call.Resource.Schema);
                return patched;
            },
            options,
            call.Token
        );
        await call.AnswerAsync(stored);
    }

    /// <summary>The patch of the body as a function on an object.</summary>
    public static async Task<Func<JsonObject, JsonObject>> ReadPatchAsync(ApiCall call)
    {
        var type = MediaRange.Parse(call.Request.ContentType ?? "").Type;
        var bytes = await RequestBody.ReadAsync(call.Request, call.Token);
        Func<JsonNode, JsonNode?, JsonNode?> apply = type switch
        {
            "application/json-patch+json" => JsonPatch.Apply,
            "application/merge-patch+json" => MergePatch.Apply,
            "application/strategic-merge-patch+json" => (target, patch) =>
                StrategicMergePatch.Apply(target, patch, PatchSchema.ForResource(call.Resource.StoreName)),
            "application/apply-patch+yaml" => throw Unsupported(
                "server-side apply is not supported by this server: use client-side apply (kubectl apply without --server-side)"
            ),
            _ => throw Unsupported(
                "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json"
            ),
        };
        var patch = RequestBody.ParseJson(call, bytes);
        return target => Apply(apply, target, patch, call);
    }

    private static JsonObject Apply(
        Func<JsonNode, JsonNode?, JsonNode?> apply,
        JsonObject target,
        JsonNode? patch,
        ApiCall call
    )
    {
        try
        {
            return apply(target, patch) as JsonObject
                ?? throw ApiException.BadRequest("cannot apply the patch: its result is not an object");
        }
        catch (KubeException e) when (e.Reason == KubeReason.Malformed)
        {
            throw new ApiException(ApiReason.BadRequest, $"cannot apply the patch: {e.Message}", e);
        }
        catch (KubeException e)
        {
            throw new ApiException(
                ApiReason.Invalid,
                $"the server rejected our request due to an error in our request: {e.Message}",
                e
            )
            {
                Name = call.Path.Name,
                Kind = call.Resource.Kind,
                Group = call.Resource.Group,
            };
        }
    }

    private static ApiException Unsupported(string message) => new(ApiReason.UnsupportedMediaType, message);
}
