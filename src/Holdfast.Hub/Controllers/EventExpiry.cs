using System.Text.Json.Nodes;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>Removes events an hour after they were last seen, as kube-apiserver's --event-ttl does by default.</summary>
internal sealed class EventExpiry
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly ObjectAccess objects;
    private readonly ReconcileLoop loop;

    public EventExpiry(ObjectAccess objects, ILogger logger)
    {
        this.objects = objects;
        loop = new("event-expiry", objects, logger, ReconcileAsync);
        loop.Watch(
            CoreResources.Events.StoreName,
            (kind, e, queue) =>
            {
                if (kind == StoreEventKind.Added)
                {
                    queue.AddAfter(ObjectAccess.Key(CoreResources.Events, e.MetaNamespace, e.MetaName), Left(e));
                }
            }
        );
    }

    public Task RunAsync(CancellationToken ct) => loop.RunAsync(ct);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken ct)
    {
        if (objects.Store.Get(key) is not { } stored)
        {
            return null;
        }

        if (Left(StoredJson.Parse(stored)) is var left && left > TimeSpan.Zero)
        {
            return left;
        }

        try
        {
            await objects.Store.DeleteAsync(key, stored.Revision, ct);
        }
        catch (StoreException e) when (e.Reason is StoreReason.NotFound or StoreReason.Conflict)
        {
            return e.Reason == StoreReason.Conflict ? TimeSpan.Zero : null;
        }

        return null;
    }

    private TimeSpan Left(JsonObject e)
    {
        var seen =
            e.At("series").TimeAt("lastObservedTime")
            ?? e.TimeAt("lastTimestamp")
            ?? e.TimeAt("eventTime")
            ?? e.At("metadata").TimeAt("creationTimestamp")
            ?? default;
        var left = seen + Life - objects.Clock.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
