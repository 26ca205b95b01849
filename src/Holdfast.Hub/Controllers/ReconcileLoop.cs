using System.Text.Json.Nodes;
using Holdfast.Hub.Errors;
using Holdfast.Hub.Json;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Linux;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>Adds the keys to reconcile because of a change; deleted objects come with their last state.</summary>
internal delegate void ChangeHandler(StoreEventKind kind, JsonObject o, KeyQueue queue);

/// <summary>
/// Runs one controller. Watches add keys to a queue; a single worker reconciles them one at a time; a key that failed is
/// retried with back-off.
/// </summary>
internal sealed class ReconcileLoop(
    string name,
    ObjectAccess objects,
    ILogger logger,
    Func<ObjectKey, CancellationToken, Task<TimeSpan?>> reconcile
)
{
    /// <summary>First pause after a failure, doubled each time: client-go's workqueue starts at 5 ms; one node need not hurry so.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause: what a person who fixed the cause is willing to wait.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly List<(string Resource, ChangeHandler Handler)> watches = [];
    private readonly KeyQueue queue = new(objects.Clock);
    private readonly Dictionary<ObjectKey, int> failures = [];

    public void Watch(string resource, ChangeHandler handler) => watches.Add((resource, handler));

    /// <summary>
    /// Reconciles the objects of a kind that has a generation whenever they change. A change of the status alone, which the
    /// controller itself may have written to tell of a failure, does not end the back-off of its object.
    /// </summary>
    public void WatchOwn(ResourceDefinition resource)
    {
        var generations = new Dictionary<ObjectKey, long>();
        Watch(
            resource.StoreName,
            (kind, o, queue) =>
            {
                var key = ObjectAccess.Key(resource, o.MetaNamespace, o.MetaName);
                if (kind == StoreEventKind.Deleted)
                {
                    generations.Remove(key);
                    queue.Add(key);
                }
                else if (generations.TryGetValue(key, out var seen) && seen == o.Generation)
                {
                    queue.Touch(key);
                }
                else
                {
                    generations[key] = o.Generation;
                    queue.Add(key);
                }
            }
        );
    }

    public Task RunAsync(CancellationToken ct) =>
        Task.WhenAll([
            .. watches.Select(w => SuperviseAsync(token => FeedAsync(w.Resource, w.Handler, token), ct)),
            SuperviseAsync(WorkAsync, ct),
        ]);

    private Task SuperviseAsync(Func<CancellationToken, Task> loop, CancellationToken ct) =>
        Supervised.RunAsync(name, loop, objects.Clock, logger, ct);

    private async Task WorkAsync(CancellationToken ct)
    {
        while (true)
        {
            var key = await queue.TakeAsync(ct);
            try
            {
                var again = await reconcile(key, ct);
                failures.Remove(key);
                queue.Done(again);
            }
            catch (Exception e)
                when (!ct.IsCancellationRequested && e is not StoreException { Reason: StoreReason.Closed })
            {
                var count = failures[key] = failures.GetValueOrDefault(key) + 1;
                var pause = RestartedLoop.BackOff(count, FirstPause, LongestPause);
                LogFailure(e, key, pause);
                queue.BackOff(pause);
            }
        }
    }

    /// <summary>What an API refused is said in a line; anything else may be a bug, and its trace is worth its space.</summary>
    private void LogFailure(Exception e, ObjectKey key, TimeSpan pause)
    {
        if (e is ApiException or StoreException)
        {
            HubLog.ReconcileRefused(logger, name, key.ToString(), pause, e.Message);
        }
        else
        {
            HubLog.ReconcileFailed(logger, e, name, key.ToString(), pause);
        }
    }

    /// <summary>All objects once as added, then every change; again from the start when the log no longer reaches back.</summary>
    private async Task FeedAsync(string resource, ChangeHandler handler, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                var list = objects.Store.List(resource);
                foreach (var item in list.Items)
                {
                    handler(StoreEventKind.Added, StoredJson.Parse(item), queue);
                }

                await foreach (var e in objects.Store.WatchAsync(resource, null, list.Revision, ct))
                {
                    handler(e.Kind, StoredJson.Parse(e.Object), queue);
                }
            }
            catch (StoreException e) when (e.Reason == StoreReason.TooOld)
            {
                HubLog.Relisting(logger, name, resource, e.Message);
            }
        }
    }
}
