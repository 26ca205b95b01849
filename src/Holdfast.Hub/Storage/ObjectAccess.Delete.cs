using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Store;

namespace Holdfast.Hub.Storage;

/// <summary>Deletion: at once, with grace, or waiting for finalizers.</summary>
internal sealed partial class ObjectAccess
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    /// <summary>Longest grace of a deletion: 68 years, as many seconds as fit into 32 bits and into every date.</summary>
    private const long MaxGraceSeconds = int.MaxValue;

    public async Task<DeleteOutcome> DeleteAsync(
        ResourceDefinition resource,
        string ns,
        string name,
        DeleteRequest request,
        CancellationToken ct
    )
    {
        if (resource.DeletionBar(name) is { } bar)
        {
            throw ApiException.Forbidden(resource, name, bar);
        }

        for (var attempt = 1; ; attempt++)
        {
            var current = Get(resource, ns, name);
            CheckPreconditions(resource, current, request);
            var wanted = (JsonObject)current.DeepClone();
            var stays = Mark(resource, wanted, request);
            if (request.IsDryRun)
            {
                return new(wanted, !stays);
            }

            if (stays && JsonNode.DeepEquals(wanted, current))
            {
                return new(current, false);
            }

            var revision = long.Parse(current.ResourceVersion);
            try
            {
                var stored = stays
                    ? await store.UpdateAsync(Key(resource, ns, name), StoredJson.ToBytes(wanted), revision, ct)
                    : await store.DeleteAsync(Key(resource, ns, name), revision, ct);
                return new(StoredJson.Parse(stored), !stays);
            }
            catch (StoreException e) when (e.Reason == StoreReason.NotFound)
            {
                throw ApiException.NotFound(resource, name);
            }
            catch (StoreException e) when (e.Reason == StoreReason.Conflict)
            {
                if (attempt == MaxTries)
                {
                    throw ApiException.Conflict(resource, name, Modified);
                }
            }
        }
    }

    /// <summary>Marks the object as on its way out; true when it stays for now, false when it may go at once.</summary>
    private bool Mark(ResourceDefinition resource, JsonObject o, DeleteRequest request)
    {
        var meta = o.Meta;
        var running = o.IsDeleting ? meta.IntAt("deletionGracePeriodSeconds") ?? 0 : (long?)null;
        var grace = Grace(resource, o, request, running);
        SetFinalizers(o, request.Propagation);
        var waits = grace > 0 || o.Finalizers.Count > 0 || o.At("spec").StringsAt("finalizers").Any();
        if (!waits)
        {
            return false;
        }

        if (running != grace)
        {
            // A shorter grace counts from the first deletion, as does the one that it replaces.
            var first = running is null
                ? clock.GetUtcNow()
                : (meta.TimeAt("deletionTimestamp") ?? clock.GetUtcNow()).AddSeconds(-running.Value);
            meta["deletionTimestamp"] = first.AddSeconds(grace).ToWireTime();
            meta["deletionGracePeriodSeconds"] = grace;
        }

        if (running is null && resource.HasGeneration)
        {
            meta["generation"] = o.Generation + 1;
        }

        resource.MarkTerminating(o);
        return true;
    }

    private static long Grace(ResourceDefinition resource, JsonObject o, DeleteRequest request, long? running)
    {
        var grace = resource.DeletionGrace?.Invoke(o) ?? 0;
        if (grace > 0 && request.GraceSeconds is { } asked)
        {
            grace = asked;
        }

        // A second delete may shorten the grace, never lengthen it.
        return Math.Min(Math.Clamp(grace, 0, MaxGraceSeconds), running ?? MaxGraceSeconds);
    }

    private static void SetFinalizers(JsonObject o, Propagation? propagation)
    {
        if (propagation is null)
        {
            return;
        }

        var finalizers = o.Finalizers.Where(f => f is not (ForegroundFinalizer or OrphanFinalizer)).ToList();
        if (propagation == Propagation.Foreground)
        {
            finalizers.Add(ForegroundFinalizer);
        }
        else if (propagation == Propagation.Orphan)
        {
            finalizers.Add(OrphanFinalizer);
        }

        if (finalizers.Count == 0)
        {
            o.Meta.Remove("finalizers");
        }
        else
        {
            o.Meta["finalizers"] = new JsonArray([.. finalizers.Select(f => (JsonNode)f)]);
        }
    }

    private static void CheckPreconditions(ResourceDefinition resource, JsonObject current, DeleteRequest request)
    {
        if (request.Uid is { Length: > 0 } uid && uid != current.Uid)
        {
            throw ApiException.Conflict(
                resource,
                current.MetaName,
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Uid}"
            );
        }

        if (request.ResourceVersion is { Length: > 0 } version && version != current.ResourceVersion)
        {
            throw ApiException.Conflict(
                resource,
                current.MetaName,
                $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: "
                    + current.ResourceVersion
            );
        }
    }
}
