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
        var grace = resource.DeletionGrace?.Invoke(o) ?? 0;
        if (grace > 0 && request.GraceSeconds is { } asked)
        {
            grace = Math.Max(0, asked);
        }

        if (o.IsDeleting && o.Meta.IntAt("deletionGracePeriodSeconds") is { } running)
        {
            // A second delete may shorten the grace, never lengthen it.
            grace = Math.Min(grace, running);
        }

        SetFinalizers(o, request.Propagation);
        var waits = grace > 0 || o.Finalizers.Count > 0 || o.At("spec").StringsAt("finalizers").Any();
        if (waits && (!o.IsDeleting || o.Meta.IntAt("deletionGracePeriodSeconds") != grace))
        {
            o.Meta["deletionTimestamp"] = clock.GetUtcNow().AddSeconds(grace).ToWireTime();
            o.Meta["deletionGracePeriodSeconds"] = grace;
            if (resource.HasGeneration)
            {
                o.Meta["generation"] = o.Generation + 1;
            }
        }

        if (waits)
        {
            resource.MarkTerminating(o);
        }

        return waits;
    }

    private static void SetFinalizers(JsonObject o, Propagation propagation)
    {
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
