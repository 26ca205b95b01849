using Holdfast.Agent.Pods;
using Holdfast.Agent.Runtimes;
using Holdfast.Cri;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.GarbageCollection;

/// <summary>
/// The slow net behind the event streams: lists the runtimes now and then, so that nothing missed stays missed, and
/// removes what no object owns. Sandboxes and containers are found by their label, directories by lying in
/// this node's own place.
/// </summary>
internal sealed class OrphanCollector(
    WorkerTools tools,
    PodWorkers pods,
    IReadOnlyList<RuntimeWatcher> watchers,
    IReadOnlyCollection<RuntimeState> runtimes,
    TimeProvider time,
    ILogger logger
)
{
    public async Task RunAsync(CancellationToken ct)
    {
        await Task.WhenAll(runtimes.Select(r => r.WhenFirstListedAsync())).WaitAsync(ct);
        using var timer = new PeriodicTimer(tools.Options.RelistInterval, time);
        do
        {
            await RemoveDirectoriesAsync(ct);
        } while (await NextAsync(timer, ct));
    }

    private async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken ct)
    {
        var goesOn = await timer.WaitForNextTickAsync(ct);
        foreach (var watcher in watchers)
        {
            try
            {
                await watcher.ListAsync(ct);
            }
            catch (CriException)
            {
                // It is away: its own watcher waits for it to come back.
            }
        }

        return goesOn;
    }

    /// <summary>Only while every runtime answers: what belongs to a pod of a runtime that is away is not an orphan.</summary>
    private async Task RemoveDirectoriesAsync(CancellationToken ct)
    {
        if (runtimes.Any(r => !r.IsOnline))
        {
            return;
        }

        // Directories first: a pod that comes in between has a worker before it has a directory.
        var found = tools.Cleaner.KnownUids().ToArray();
        var known = pods.Uids.ToHashSet(StringComparer.Ordinal);
        foreach (var uid in found.Where(uid => !known.Contains(uid)))
        {
            if (await tools.Cleaner.RemoveAsync(uid, ct))
            {
                logger.OrphanRemoved($"directory of pod {uid}");
            }
        }
    }
}
