using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Printing;
using Holdfast.Hub.Schema;
using Holdfast.Hub.Storage;

namespace Holdfast.Hub.Verbs;

/// <summary>The scale subresource: the number of replicas of anything that has one, as autoscaling/v1 Scale.</summary>
internal static class ScaleVerbs
{
    private static readonly TypeSchema Schema = SchemaCatalog.Kubernetes["Scale"];

    public static Task GetAsync(ApiCall call) =>
        ApiAnswer.WriteAsync(call.Http, Of(call.Objects.Get(call.Resource, call.Path.Namespace, call.Path.Name)));

    public static async Task ReplaceAsync(ApiCall call)
    {
        var options = call.WriteOptions;
        var body =
            await RequestBody.ReadObjectAsync(call, Schema)
            ?? throw ApiException.BadRequest("cannot read the request body: it is empty");
        RequestBody.Decode(call, body, Schema);
        await WriteAsync(call, _ => body, options);
    }

    public static async Task PatchAsync(ApiCall call)
    {
        var options = call.WriteOptions;
        var patch = await PatchVerb.ReadPatchAsync(call);
        await WriteAsync(
            call,
            current =>
            {
                var patched = patch(current);
                RequestBody.Decode(call, patched, Schema);
                return patched;
            },
            options
        );
    }

    private static async Task WriteAsync(ApiCall call, Func<JsonObject, JsonObject> change, WriteOptions options)
    {
        var stored = await call.Objects.UpdateAsync(
            call.Resource,
            call.Path.Namespace,
            call.Path.Name,
            WritePart.Spec,
            current =>
            {
                var scale = change(Of(current));
                current.Ensure("spec")["replicas"] = scale.At("spec").IntAt("replicas") ?? 0;
                if (scale.ResourceVersion is { Length: > 0 } version)
                {
                    current.Meta["resourceVersion"] = version;
                }

                return current;
            },
            options with
            {
                Warn = _ => { },
            },
            call.Token
        );
        await ApiAnswer.WriteAsync(call.Http, Of(stored));
    }

    private static JsonObject Of(JsonObject o) =>
        new()
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = o.MetaName,
                ["namespace"] = o.MetaNamespace,
                ["uid"] = o.Uid,
                ["resourceVersion"] = o.ResourceVersion,
                ["creationTimestamp"] = o.Meta.StringAt("creationTimestamp"),
            },
            ["spec"] = new JsonObject { ["replicas"] = o.At("spec").IntAt("replicas") ?? 0 },
            ["status"] = new JsonObject
            {
                ["replicas"] = o.At("status").IntAt("replicas") ?? 0,
                ["selector"] = SelectorText.Of(o.At("spec").ObjectAt("selector")),
            },
        };
}
