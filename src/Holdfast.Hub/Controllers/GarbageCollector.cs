using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>
/// Owner references: what is left without an owner goes, an owner deleted in the foreground waits for what it owns, an
/// owner deleted as orphan lets go of it.
/// </summary>
internal sealed class GarbageCollector
{
    /// <summary>Queue keys of this pseudo resource carry the uid of an owner that is gone.</summary>
    private const string GoneOwner = "gone-owner";

    private readonly ObjectAccess objects;
    private readonly ResourceTable table;
    private readonly ReconcileLoop loop;

    public GarbageCollector(ObjectAccess objects, ResourceTable table, ILogger logger)
    {
        this.objects = objects;
        this.table = table;
        loop = new("garbage-collector", objects, logger, ReconcileAsync);
        foreach (var resource in Owning)
        {
            loop.Watch(resource.StoreName, (kind, o, queue) => OnChange(resource, kind, o, queue));
        }
    }

    /// <summary>Events neither own nor are owned, and there are many.</summary>
    private IEnumerable<ResourceDefinition> Owning => table.Rows.Where(r => r != CoreResources.Events);

    public Task RunAsync(CancellationToken ct) => loop.RunAsync(ct);

    private void OnChange(ResourceDefinition resource, StoreEventKind kind, JsonObject o, KeyQueue queue)
    {
        var owners = o.At("metadata").ObjectsAt("ownerReferences").ToList();
        if (kind == StoreEventKind.Deleted)
        {
            queue.Add(new(GoneOwner, o.MetaNamespace, o.Uid));
            foreach (var owner in owners)
            {
                if (OwnerKey(owner, o.MetaNamespace) is { } key)
                {
                    queue.Add(key);
                }
            }
        }
        else if ((kind == StoreEventKind.Added && owners.Count > 0) || IsWaiting(o))
        {
            queue.Add(ObjectAccess.Key(resource, o.MetaNamespace, o.MetaName));
        }
    }

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken ct)
    {
        if (key.Resource == GoneOwner)
        {
            foreach (var (resource, dependent) in Dependents(key.Namespace, key.Name))
            {
                await CollectAsync(resource, dependent, ct);
            }

            return null;
        }

        var row = table.Rows.First(r => r.StoreName == key.Resource);
        if (objects.Find(row, key.Namespace, key.Name) is not { } o)
        {
            return null;
        }

        if (IsWaiting(o))
        {
            await ReleaseAsync(row, o, ct);
        }
        else
        {
            await CollectAsync(row, o, ct);
        }

        return null;
    }

    /// <summary>Deletes an object all of whose owners are gone.</summary>
    private async Task CollectAsync(ResourceDefinition resource, JsonObject o, CancellationToken ct)
    {
        var owners = o.At("metadata").ObjectsAt("ownerReferences").ToList();
        if (owners.Count == 0 || o.IsDeleting || owners.Any(r => IsAlive(r, o.MetaNamespace)))
        {
            return;
        }

        await DeleteAsync(resource, o, propagation: null, ct);
    }

    /// <summary>Does what an object with a collector's finalizer waits for, and takes the finalizer away when it is done.</summary>
    private async Task ReleaseAsync(ResourceDefinition resource, JsonObject owner, CancellationToken ct)
    {
        var dependents = Dependents(owner.MetaNamespace, owner.Uid).ToList();
        if (owner.Finalizers.Contains(ObjectAccess.OrphanFinalizer))
        {
            foreach (var (row, dependent) in dependents)
            {
                await ForgetOwnerAsync(row, dependent, owner.Uid, ct);
            }
        }
        else
        {
            // The rest goes when the owner is gone.
            var blocking = dependents.Where(d => Blocks(d.Object, owner.Uid)).ToList();
            foreach (var (row, dependent) in blocking.Where(d => !d.Object.IsDeleting))
            {
                if (HasOtherOwner(dependent, owner.Uid))
                {
                    await ForgetOwnerAsync(row, dependent, owner.Uid, ct);
                }
                else
                {
                    await DeleteAsync(row, dependent, Propagation.Foreground, ct);
                }
            }

            // The last one to go wakes this owner again.
            if (Dependents(owner.MetaNamespace, owner.Uid).Any(d => Blocks(d.Object, owner.Uid)))
            {
                return;
            }
        }

        await objects.ChangeAsync(
            resource,
            owner.MetaNamespace,
            owner.MetaName,
            o =>
            {
                var kept = o
                    .Finalizers.Where(f => f is not (ObjectAccess.ForegroundFinalizer or ObjectAccess.OrphanFinalizer))
                    .ToList();
                if (o.Uid != owner.Uid || kept.Count == o.Finalizers.Count)
                {
                    return false;
                }

                o.Meta.Remove("finalizers");
                if (kept.Count > 0)
                {
                    o.Meta["finalizers"] = new JsonArray([.. kept.Select(f => (JsonNode)f)]);
                }

                return true;
            },
            ct
        );
    }

    private Task ForgetOwnerAsync(
        ResourceDefinition resource,
        JsonObject dependent,
        string uid,
        CancellationToken ct
    ) =>
        objects.ChangeAsync(
            resource,
            dependent.MetaNamespace,
            dependent.MetaName,
            o =>
            {
                var references = o.At("metadata").ArrayAt("ownerReferences");
                var reference = o.At("metadata")
                    .ObjectsAt("ownerReferences")
                    .FirstOrDefault(r => r.StringAt("uid") == uid);
                return reference is not null && references!.Remove(reference);
            },
            ct
        );

    private async Task DeleteAsync(
        ResourceDefinition resource,
        JsonObject o,
        Propagation? propagation,
        CancellationToken ct
    )
    {
        try
        {
            await objects.DeleteAsync(
                resource,
                o.MetaNamespace,
                o.MetaName,
                new() { Uid = o.Uid, Propagation = propagation },
                ct
            );
        }
        catch (ApiException e) when (e.Reason is ApiReason.NotFound or ApiReason.Conflict)
        {
            // Gone, or another object by that name: neither is ours to delete.
        }
    }

    /// <summary>Objects that name the uid as an owner; only those whose bytes contain it are parsed.</summary>
    private IEnumerable<(ResourceDefinition Row, JsonObject Object)> Dependents(string ns, string uid)
    {
        var needle = Encoding.UTF8.GetBytes(uid);
        foreach (var row in Owning)
        {
            foreach (var item in objects.Store.List(row.StoreName, ns.Length > 0 && row.IsNamespaced ? ns : null).Items)
            {
                if (item.Json.Span.IndexOf(needle) >= 0 && StoredJson.Parse(item) is var o && o.IsOwnedBy(uid))
                {
                    yield return (row, o);
                }
            }
        }
    }

    private bool IsAlive(JsonObject reference, string ns)
    {
        var row = table.FindKind(reference.StringAt("apiVersion") ?? "", reference.StringAt("kind") ?? "");

        // An owner of a kind that is not served here may live elsewhere, and the namespace of a namespaced owner of a
        // cluster-scoped object is not known: never collect on a guess.
        return row is null
            || (row.IsNamespaced && ns.Length == 0)
            || objects.Find(row, ns, reference.StringAt("name") ?? "")?.Uid == reference.StringAt("uid");
    }

    private static bool Blocks(JsonObject dependent, string uid) =>
        dependent
            .At("metadata")
            .ObjectsAt("ownerReferences")
            .Any(r => r.StringAt("uid") == uid && r.BoolAt("blockOwnerDeletion"));

    /// <summary>Whether an owner besides this one is there to stay.</summary>
    private bool HasOtherOwner(JsonObject dependent, string uid) =>
        dependent
            .At("metadata")
            .ObjectsAt("ownerReferences")
            .Any(r =>
                r.StringAt("uid") != uid
                && OwnerKey(r, dependent.MetaNamespace) is { } key
                && table.Rows.First(row => row.StoreName == key.Resource) is var row
                && objects.Find(row, key.Namespace, key.Name) is { } other
                && other.Uid == r.StringAt("uid")
                && !(other.IsDeleting && other.Finalizers.Contains(ObjectAccess.ForegroundFinalizer))
            );

    private ObjectKey? OwnerKey(JsonObject reference, string ns) =>
        table.FindKind(reference.StringAt("apiVersion") ?? "", reference.StringAt("kind") ?? "") is { } row
            ? ObjectAccess.Key(row, ns, reference.StringAt("name") ?? "")
            : null;

    private static bool IsWaiting(JsonObject o) =>
        o.IsDeleting && o.Finalizers.Any(f => f is ObjectAccess.ForegroundFinalizer or ObjectAccess.OrphanFinalizer);
}
