using Holdfast.Document;

namespace Holdfast.Node.Pods;

/// <summary>
/// Running pods that no agent would manage once the machine is as another document says: their runtime is no longer in
/// it, the node has another name, or another agent runs the pods.
/// </summary>
public static class OrphanedPods
{
    /// <summary>More names do not help a person.</summary>
    private const int NamesToShow = 5;

    /// <param name="source">What a person knows the document by.</param>
    /// <exception cref="NodeException">PodsRunning: there are some.</exception>
    public static async Task RequireNoneAsync(
        EdgeNodeSpec spec,
        string source,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        await using var runtimes = await KnownRuntimes.OpenAsync(machine, cancellationToken);
        if (runtimes is null)
        {
            return;
        }

        var pods = await runtimes.ListAsync(cancellationToken);
        var orphaned = pods
            .Sandboxes.Where(sandbox => sandbox.IsReady && sandbox.IsOf(machine.Paths))
            .Select(sandbox => (sandbox.PodName, Why: FindReason(sandbox, spec)))
            .Where(pod => pod.Why is not null)
            .Select(pod => $"{pod.PodName} ({pod.Why})")
            .Concat(
                pods.Silent.Where(silent => !IsIn(spec, silent.Runtime.Socket))
                    .Select(silent =>
                        $"{silent.Processes.Count} of {silent.Runtime.Name} ({silent.Runtime.Name} is not in it, and does not run)"
                    )
            )
            .ToArray();
        if (orphaned.Length == 0)
        {
            return;
        }

        var names = string.Join(", ", orphaned.Take(NamesToShow));
        var rest = orphaned.Length > NamesToShow ? $" and {orphaned.Length - NamesToShow} more" : "";
        throw new NodeException(
            NodeReason.PodsRunning,
            $"cannot apply {source}: these pods would be orphaned: {names}{rest}; nothing was changed; delete them first "
                + "(kubectl delete), or take everything back with sudo holdfast down, then run the same command again"
        );
    }

    private static string? FindReason(NodeSandbox sandbox, EdgeNodeSpec spec)
    {
        if (!spec.Cluster.IsStandalone)
        {
            return $"pods are {spec.Cluster.AgentService}'s there";
        }

        if (!IsIn(spec, PodMonitor.RealPath(sandbox.Endpoint.SocketPath)))
        {
            return $"the runtime {sandbox.Endpoint.Name} is not in it";
        }

        return sandbox.NodeName == spec.Name ? null : $"it belongs to the node {sandbox.NodeName}, not {spec.Name}";
    }

    private static bool IsIn(EdgeNodeSpec spec, string socket) =>
        spec.Runtimes.Any(runtime => PodMonitor.RealPath(runtime.Socket) == socket);
}
