using System.Collections.Concurrent;
using Holdfast.Agent.Objects;
using Holdfast.Agent.Runtimes;
using Holdfast.Cri;
using Holdfast.Kube;
using Holdfast.Store;

namespace Holdfast.Agent.Pods;

/// <summary>All workers of a node, and who is to be told what. Thread-safe.</summary>
internal sealed class PodWorkers(WorkerTools tools)
{
    private readonly ConcurrentDictionary<string, PodWorker> byUid = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PodWorker> byRuntimeId = new(StringComparer.Ordinal);
    private readonly Dictionary<ObjectKey, HashSet<PodWorker>> byReference = [];
    private readonly Lock references = new();

    public int Count => byUid.Count;

    public IReadOnlyCollection<string> Uids => [.. byUid.Keys];

    /// <summary>A pod's object is new or has changed.</summary>
    public void Change(Pod pod, long revision)
    {
        if (!byUid.TryGetValue(pod.Metadata.Uid, out var worker))
        {
            if (!IsInStore(pod))
            {
                // Old news of a pod that this agent has just taken down.
                return;
            }

            worker = byUid.GetOrAdd(pod.Metadata.Uid, uid => new PodWorker(uid, tools, this));
            AddReferences(pod, worker);
        }

        if (revision != worker.OwnRevision)
        {
            worker.Post(new WorkerInput.Changed(pod));
        }
    }

    /// <summary>A pod's object is no longer there.</summary>
    public void Vanish(string uid)
    {
        if (byUid.TryGetValue(uid, out var worker))
        {
            worker.Post(new WorkerInput.Vanished());
        }
    }

    /// <summary>Gives every pod its part of a list; a pod that no object owns gets a worker that takes it down.</summary>
    public void Observe(RuntimeSnapshot snapshot)
    {
        foreach (var (uid, found) in snapshot.ByPodUid)
        {
            var worker = byUid.GetOrAdd(
                uid,
                _ =>
                {
                    tools.Logger.OrphanFound(uid);
                    return new PodWorker(uid, tools, this);
                }
            );
            worker.Post(new WorkerInput.Observed(found));
        }

        foreach (var (uid, worker) in byUid)
        {
            if (!snapshot.ByPodUid.ContainsKey(uid))
            {
                worker.Post(new WorkerInput.Observed(new PodSnapshot(snapshot.Runtime, snapshot.TakenAt, [], [])));
            }
        }
    }

    public void Happen(RuntimeEvent happened)
    {
        if (byRuntimeId.TryGetValue(happened.Id, out var worker))
        {
            worker.Post(new WorkerInput.Happened(happened));
        }
    }

    /// <summary>An object changed which pods may be made from.</summary>
    public void ObjectChanged(ObjectKey key)
    {
        PodWorker[] workers;
        lock (references)
        {
            workers = byReference.TryGetValue(key, out var found) ? [.. found] : [];
        }

        foreach (var worker in workers)
        {
            worker.Post(new WorkerInput.TryAgain());
        }
    }

    /// <summary>A runtime is back, and its list was given to everybody.</summary>
    public void Continue()
    {
        foreach (var worker in byUid.Values)
        {
            worker.Post(new WorkerInput.RuntimeBack());
        }
    }

    public void Register(string runtimeId, PodWorker worker) => byRuntimeId[runtimeId] = worker;

    public void Unregister(string runtimeId) => byRuntimeId.TryRemove(runtimeId, out _);

    public void Remove(PodWorker worker)
    {
        byUid.TryRemove(KeyValuePair.Create(worker.Uid, worker));
        foreach (var (id, registered) in byRuntimeId)
        {
            if (registered == worker)
            {
                byRuntimeId.TryRemove(id, out _);
            }
        }

        lock (references)
        {
            foreach (var (key, workers) in byReference)
            {
                if (workers.Remove(worker) && workers.Count == 0)
                {
                    byReference.Remove(key);
                }
            }
        }
    }

    public Task WhenIdleAsync() => Task.WhenAll(byUid.Values.Select(w => w.WhenIdleAsync()));

    public Task FlushStatusAsync() => Task.WhenAll(byUid.Values.Select(w => w.FlushStatusAsync()));

    private bool IsInStore(Pod pod)
    {
        var key = new ObjectKey(ResourceNames.Pods, pod.Metadata.Namespace, pod.Metadata.Name);
        return tools.Store.Get(key) is { } stored && KubeObject.Parse(stored.Json.Span).Uid == pod.Metadata.Uid;
    }

    private void AddReferences(Pod pod, PodWorker worker)
    {
        lock (references)
        {
            foreach (var key in ObjectReferences.Of(pod))
            {
                if (!byReference.TryGetValue(key, out var workers))
                {
                    byReference[key] = workers = [];
                }

                workers.Add(worker);
            }
        }
    }
}
