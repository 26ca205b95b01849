using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>Empties a namespace that is being deleted, then lets it go. Woken by the namespace and by what leaves it.</summary>
internal sealed class NamespaceController
{
    /// <summary>The finalizer every namespace is born with.</summary>
    private const string Finalizer = "kubernetes";

    private readonly ObjectAccess objects;
    private readonly ResourceTable table;
    private readonly ReconcileLoop loop;

    public NamespaceController(ObjectAccess objects, ResourceTable table, ILogger logger)
    {
        this.objects = objects;
        this.table = table;
        loop = new("namespace", objects, logger, ReconcileAsync);
        loop.Watch(
            CoreResources.Namespaces.StoreName,
            (_, o, queue) =>
            {
                if (o.IsDeleting)
                {
                    queue.Add(ObjectAccess.Key(CoreResources.Namespaces, "", o.MetaName));
                }
            }
        );
        foreach (var resource in table.Namespaced)
        {
            loop.Watch(
                resource.StoreName,
                (kind, o, queue) =>
                {
                    if (kind == StoreEventKind.Deleted)
                    {
                        queue.Add(ObjectAccess.Key(CoreResources.Namespaces, "", o.MetaNamespace));
                    }
                }
            );
        }
    }

    public Task RunAsync(CancellationToken ct) => loop.RunAsync(ct);

    private async Task<TimeSpan?> ReconcileAsync(ObjectKey key, CancellationToken ct)
    {
        if (objects.Find(CoreResources.Namespaces, "", key.Name) is not { } home || !home.IsDeleting)
        {
            return null;
        }

        var content = new NamespaceContent();
        foreach (var resource in table.Namespaced)
        {
            foreach (var item in objects.Store.List(resource.StoreName, key.Name).Items)
            {
                if (await DeleteAsync(resource, item, ct) is { } left)
                {
                    content.Add(resource, left);
                }
            }
        }

        if (!content.IsEmpty)
        {
            await TellAsync(key.Name, content, ct);
            return null;
        }

        await objects.ChangeAsync(
            CoreResources.Namespaces,
            "",
            key.Name,
            o =>
            {
                if (o.ObjectAt("spec") is not { } spec || !spec.StringsAt("finalizers").Contains(Finalizer))
                {
                    return false;
                }

                spec.Remove("finalizers");

                // Whoever deleted it with --cascade=foreground waits for the content too, and that is gone now.
                o.Meta.Remove("finalizers");
                return true;
            },
            ct
        );
        return null;
    }

    /// <summary>Says in the conditions what the namespace still waits for.</summary>
    private Task TellAsync(string name, NamespaceContent content, CancellationToken ct) =>
        objects.ChangeAsync(
            CoreResources.Namespaces,
            "",
            name,
            o => o.IsDeleting && content.WriteTo(o.Ensure("status"), objects.Clock.GetUtcNow()),
            ct
        );

    /// <summary>What is left of the object; null when it is gone.</summary>
    private async Task<JsonObject?> DeleteAsync(ResourceDefinition resource, StoredObject item, CancellationToken ct)
    {
        try
        {
            var outcome = await objects.DeleteAsync(resource, item.Key.Namespace, item.Key.Name, new(), ct);
            return outcome.IsGone ? null : outcome.Object;
        }
        catch (ApiException e) when (e.Reason == ApiReason.NotFound)
        {
            return null;
        }
    }
}
