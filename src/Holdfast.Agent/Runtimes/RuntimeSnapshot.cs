using Holdfast.Cri;

namespace Holdfast.Agent.Runtimes;

/// <summary>Everything of this node that one runtime has at one moment. Immutable.</summary>
/// <param name="TakenAt">TimeProvider timestamp from before the runtime was asked.</param>
internal sealed record RuntimeSnapshot(
    RuntimeState Runtime,
    long TakenAt,
    IReadOnlyDictionary<string, PodSnapshot> ByPodUid
)
{
    public static async Task<RuntimeSnapshot> TakeAsync(
        RuntimeState runtime,
        AgentOptions options,
        TimeProvider time,
        CancellationToken ct
    )
    {
        var takenAt = time.GetTimestamp();
        var sandboxRequest = new V1.ListPodSandboxRequest { Filter = new V1.PodSandboxFilter() };
        sandboxRequest.Filter.LabelSelector[RuntimeLabels.Node] = options.NodeName;
        var containerRequest = new V1.ListContainersRequest { Filter = new V1.ContainerFilter() };
        containerRequest.Filter.LabelSelector[RuntimeLabels.Node] = options.NodeName;

        var sandboxes = runtime.Endpoint.ListPodSandboxAsync(sandboxRequest, ct);
        var containers = runtime.Endpoint.ListContainersAsync(containerRequest, ct);
        await Task.WhenAll(sandboxes, containers);

        // A selector cannot ask for a label that is absent, which it is on what the machine's own node has made.
        var key = options.Paths.Key;
        var containersByPod = (await containers)
            .Containers.Where(c => RuntimeLabels.IsOf(key, c.Labels))
            .ToLookup(c => Uid(c.Labels));
        var sandboxesByPod = (await sandboxes)
            .Items.Where(s => RuntimeLabels.IsOf(key, s.Labels))
            .ToLookup(s => Uid(s.Labels));
        var pods = sandboxesByPod
            .Select(g => g.Key)
            .Union(containersByPod.Select(g => g.Key))
            .Where(uid => uid.Length > 0)
            .ToDictionary(
                uid => uid,
                uid => new PodSnapshot(runtime, takenAt, [.. sandboxesByPod[uid]], [.. containersByPod[uid]]),
                StringComparer.Ordinal
            );
        return new RuntimeSnapshot(runtime, takenAt, pods);
    }

    private static string Uid(IDictionary<string, string> labels) =>
        labels.TryGetValue(RuntimeLabels.PodUid, out var uid) ? uid : "";
}

/// <summary>What one runtime has of one pod. Immutable.</summary>
internal sealed record PodSnapshot(
    RuntimeState Runtime,
    long TakenAt,
    IReadOnlyList<V1.PodSandbox> Sandboxes,
    IReadOnlyList<V1.Container> Containers
);
