using System.Text.Json.Nodes;
using Holdfast.Hub.Storage;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>Which objects want attention because of a change; deleted objects come with their last state.</summary>
internal delegate void ChangeHandler(StoreEventKind kind, JsonObject o, KeyQueue queue);

/// <summary>
/// The life of one controller: watches feed a queue, one worker takes keys from it and brings them in order, failures come
/// again later. The worker is serial; watches run beside it.
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

    public Task RunAsync(CancellationToken ct) =>
        Task.WhenAll([.. watches.Select(w => FeedAsync(w.Resource, w.Handler, ct)), WorkAsync(ct)]);

    private async Task WorkAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            ObjectKey key;
            try
            {
                key = await queue.TakeAsync(ct);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var again = await reconcile(key, ct);
                failures.Remove(key);
                if (again is { } delay)
                {
                    queue.AddAfter(key, delay);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException e) when (e.Reason == StoreReason.Closed)
            {
                return;
            }
            catch (Exception e)
            {
                var count = failures[key] = failures.GetValueOrDefault(key) + 1;
                var pause = TimeSpan.FromMilliseconds(
                    Math.Min(LongestPause.TotalMilliseconds, FirstPause.TotalMilliseconds * Math.Pow(2, count - 1))
                );
                HubLog.ReconcileFailed(logger, e, name, key.ToString(), pause);
                queue.AddAfter(key, pause);
            }
        }
    }

    /// <summary>All objects once as added, then every change; again from the start when the log no longer reaches back.</summary>
    private async Task FeedAsync(string resource, ChangeHandler handler, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
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
            catch (OperationCanceledException)
            {
                return;
            }
            catch (StoreException e) when (e.Reason == StoreReason.Closed)
            {
                return;
            }
            catch (StoreException e) when (e.Reason == StoreReason.TooOld)
            {
                HubLog.Relisting(logger, name, resource, e.Message);
            }
            catch (Exception e)
            {
                HubLog.ControllerFailed(logger, e, name, FirstPause);
                await Task.Delay(FirstPause, objects.Clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
