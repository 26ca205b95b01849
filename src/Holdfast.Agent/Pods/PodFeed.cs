using Holdfast.Kube;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.Pods;

/// <summary>Brings what changes in the store to the workers: pods of this node, and the objects pods are made from.</summary>
internal sealed class PodFeed(ObjectStore store, PodWorkers pods, string nodeName, ILogger logger)
{
    private readonly UnreadablePods unreadable = new(store, nodeName, logger);

    /// <summary>Tells the workers all there is; a pod they know that is not there has gone unseen.</summary>
    /// <returns>The revision to watch from.</returns>
    public long List()
    {
        var list = store.List(ResourceNames.Pods);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var stored in list.Items)
        {
            if (Read(stored) is { } pod)
            {
                seen.Add(pod.Metadata.Uid);
                pods.Change(pod, stored.Revision);
            }
        }

        foreach (var uid in pods.Uids.Where(uid => !seen.Contains(uid)))
        {
            pods.Vanish(uid);
        }

        return list.Revision;
    }

    public async Task RunAsync(long revision, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await unreadable.TellAsync(ct);
                await foreach (var change in store.WatchAsync(ResourceNames.Pods, null, revision, ct))
                {
                    Take(change);
                    await unreadable.TellAsync(ct);
                }
            }
            catch (StoreException e) when (e.Reason == StoreReason.TooOld)
            {
                logger.WatchRestarted(ResourceNames.Pods);
                revision = List();
            }
        }
    }

    /// <summary>Wakes the pods that refer to what changes.</summary>
    public async Task RunReferencesAsync(string resource, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await foreach (var change in store.WatchAsync(resource, null, store.Revision, ct))
                {
                    pods.ObjectChanged(change.Object.Key);
                }
            }
            catch (StoreException e) when (e.Reason == StoreReason.TooOld)
            {
                logger.WatchRestarted(resource);
                foreach (var stored in store.List(resource).Items)
                {
                    pods.ObjectChanged(stored.Key);
                }
            }
        }
    }

    private void Take(StoreEvent change)
    {
        var isDeleted = change.Kind == StoreEventKind.Deleted;
        if (Read(change.Object, isDeleted) is not { } pod)
        {
            return;
        }

        if (isDeleted)
        {
            pods.Vanish(pod.Metadata.Uid);
        }
        else
        {
            pods.Change(pod, change.Object.Revision);
        }
    }

    /// <summary>Null for a pod of another node, and for one that cannot be run because it cannot be read.</summary>
    private Pod? Read(StoredObject stored, bool isDeleted = false)
    {
        try
        {
            var pod = KubeJson.Deserialize<Pod>(stored.Json.Span);

            // The uid becomes a directory's name.
            var isUsable =
                pod.Metadata.Uid.Length > 0 && pod.Metadata.Uid.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
            return pod.Spec.NodeName == nodeName && isUsable ? pod : null;
        }
        catch (KubeException e)
        {
            if (!isDeleted)
            {
                unreadable.Add(stored, e);
            }

            return null;
        }
    }
}
