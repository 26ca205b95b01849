using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Schema;
using Holdfast.Hub.Storage;
using Microsoft.AspNetCore.Http;

namespace Holdfast.Hub.Verbs;

/// <summary>POST on pods/NAME/binding: gives a pod to a node, once.</summary>
internal static class BindingVerb
{
    public static async Task RunAsync(ApiCall call)
    {
        var body =
            await RequestBody.ReadObjectAsync(call, SchemaCatalog.Kubernetes["Binding"])
            ?? throw ApiException.BadRequest("cannot read the request body: it is empty");
        RequestBody.Decode(call, body, SchemaCatalog.Kubernetes["Binding"]);
        var node = body.At("target").StringAt("name") ?? "";
        if (node.Length == 0)
        {
            throw ApiException.Invalid(call.Resource, call.Path.Name, [FieldError.Required("target.name")]);
        }

        var current = call.Objects.Get(call.Resource, call.Path.Namespace, call.Path.Name);
        if (current.At("spec").ObjectsAt("schedulingGates").Any())
        {
            throw ApiException.Conflict(
                call.Resource,
                call.Path.Name,
                $"pod {call.Path.Name} has non-empty .spec.schedulingGates"
            );
        }

        if (!call.Request.IsDryRun() && !await BindAsync(call.Objects, current, node, call.Token))
        {
            throw ApiException.Conflict(
                call.Resource,
                call.Path.Name,
                $"pod {call.Path.Name} is already assigned to a node"
            );
        }

        var done = ApiAnswer.Success([]);
        await ApiAnswer.WriteAsync(call.Http, done, StatusCodes.Status201Created);
    }

    /// <summary>False when the pod has a node already or is going away.</summary>
    public static async Task<bool> BindAsync(ObjectAccess objects, JsonObject pod, string node, CancellationToken ct)
    {
        var bound = false;
        await objects.ChangeAsync(
            Resources.PodResources.Pods,
            pod.MetaNamespace,
            pod.MetaName,
            current =>
            {
                bound = false;
                if (
                    current.IsDeleting
                    || current.Uid != pod.Uid
                    || current.At("spec").StringAt("nodeName") is { Length: > 0 }
                )
                {
                    return false;
                }

                current.Ensure("spec")["nodeName"] = node;
                Conditions.Set(current.Ensure("status"), "PodScheduled", "True", "", "", objects.Clock.GetUtcNow());
                return bound = true;
            },
            ct,
            keepsGeneration: true
        );
        return bound;
    }
}
