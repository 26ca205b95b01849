using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Http;
using Holdfast.Hub.Json;
using Holdfast.Hub.Schema;
using Holdfast.Hub.Storage;
using Holdfast.Store;

namespace Holdfast.Hub.Verbs;

/// <summary>DELETE on an object and on a collection.</summary>
internal static class DeleteVerbs
{
    private static readonly TypeSchema Options = SchemaCatalog.Kubernetes["DeleteOptions"];

    public static async Task DeleteAsync(ApiCall call)
    {
        var request = await ReadAsync(call);
        var outcome = await call.Objects.DeleteAsync(
            call.Resource,
            call.Path.Namespace,
            call.Path.Name,
            request,
            call.Token
        );
        if (!outcome.IsGone)
        {
            await call.AnswerAsync(outcome.Object);
            return;
        }

        var details = new JsonObject { ["name"] = call.Path.Name };
        if (call.Resource.Group.Length > 0)
        {
            details["group"] = call.Resource.Group;
        }

        details["kind"] = call.Resource.Plural;
        details["uid"] = outcome.Object.Uid;
        await ApiAnswer.WriteAsync(call.Http, ApiAnswer.Success(details));
    }

    public static async Task DeleteCollectionAsync(ApiCall call)
    {
        var request = await ReadAsync(call);
        var filter = ObjectFilter.From(call.Request, call.Resource);
        var list = ListVerb.Fetch(call, filter);
        var deleted = new JsonArray();
        foreach (var item in list.Items)
        {
            var o = StoredJson.Parse(item);
            if (!filter.Passes(o))
            {
                continue;
            }

            deleted.Add((JsonNode)call.InVersion(o));

            try
            {
                await call.Objects.DeleteAsync(call.Resource, item.Key.Namespace, item.Key.Name, request, call.Token);
            }
            catch (ApiException e) when (e.Reason == ApiReason.NotFound)
            {
                // Gone by itself in the meantime: what was wanted.
            }
        }

        await ApiAnswer.WriteAsync(
            call.Http,
            new JsonObject
            {
                ["kind"] = call.Resource.Kind + "List",
                ["apiVersion"] = call.ApiVersion,
                ["metadata"] = new JsonObject { ["resourceVersion"] = call.Objects.Store.Revision.ToString() },
                ["items"] = deleted,
            }
        );
    }

    /// <summary>DeleteOptions of the body; the query parameters say the same for clients without a body.</summary>
    private static async Task<DeleteRequest> ReadAsync(ApiCall call)
    {
        var body = await RequestBody.ReadObjectAsync(call, Options) ?? [];
        new SchemaDecoder(Options).Decode(body, "DeleteOptions");
        var dryRun = body.StringsAt("dryRun").ToList();
        if (dryRun.Any(d => d != "All"))
        {
            throw new ApiException(ApiReason.Invalid, "DeleteOptions is invalid: dryRun: supported values: \"All\"");
        }

        var grace = body.IntAt("gracePeriodSeconds") ?? call.Request.Number("gracePeriodSeconds");
        if (grace < 0)
        {
            throw ApiException.BadRequest("gracePeriodSeconds must be greater than or equal to 0");
        }

        var policy = body.StringAt("propagationPolicy") ?? call.Request.Text("propagationPolicy");
        return new()
        {
            GraceSeconds = grace,
            Uid = body.At("preconditions").StringAt("uid"),
            ResourceVersion = body.At("preconditions").StringAt("resourceVersion"),
            IsDryRun = dryRun.Count > 0 || call.Request.IsDryRun(),
            Propagation = policy switch
            {
                "" => Orphans(call, body),
                "Background" => Propagation.Background,
                "Foreground" => Propagation.Foreground,
                "Orphan" => Propagation.Orphan,
                _ => throw new ApiException(
                    ApiReason.Invalid,
                    $"DeleteOptions is invalid: propagationPolicy: Unsupported value: \"{policy}\": supported values: "
                        + "\"Foreground\", \"Background\", \"Orphan\""
                ),
            },
        };
    }

    /// <summary>The older way to say it; null when nothing is said.</summary>
    private static Propagation? Orphans(ApiCall call, JsonObject body) =>
        body.At("orphanDependents") is { } said ? Of(said.GetValueKind() == JsonValueKind.True)
        : call.Request.Text("orphanDependents") is { Length: > 0 } flag ? Of(flag is "true" or "1")
        : null;

    private static Propagation Of(bool orphans) => orphans ? Propagation.Orphan : Propagation.Background;
}
