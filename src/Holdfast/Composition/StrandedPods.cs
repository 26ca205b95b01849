using Holdfast.Document;
using Holdfast.Terminal;

namespace Holdfast.Composition;

/// <summary>
/// Running pods that nobody would know any more once the machine is as another document says: their runtime is no longer in
/// it, the node has another name, or another agent runs the pods. Stateless.
/// </summary>
internal static class StrandedPods
{
    /// <summary>More names do not help a person.</summary>
    private const int NamesToShow = 5;

    /// <exception cref="CommandException">There are some. Nothing was changed.</exception>
    public static async Task RequireNoneAsync(NodeContext node, CancellationToken cancellationToken)
    {
        await using var runtimes = await InstalledRuntimes.OpenAsync(node.Paths, node.Machine, cancellationToken);
        if (runtimes is null)
        {
            return;
        }

        var spec = node.Document.Spec;
        var stranded = (await runtimes.ListSandboxesAsync(cancellationToken))
            .Where(own => own.IsReady)
            .Select(own => (own.PodName, Why: FindReason(own, spec)))
            .Where(pod => pod.Why is not null)
            .ToArray();
        if (stranded.Length == 0)
        {
            return;
        }

        var names = string.Join(", ", stranded.Take(NamesToShow).Select(pod => $"{pod.PodName} ({pod.Why})"));
        var rest = stranded.Length > NamesToShow ? $" and {stranded.Length - NamesToShow} more" : "";
        throw new CommandException(
            ExitCode.Failed,
            $"cannot make this machine what {node.Document.Source} says: pods run that nobody would stop or show any more: {names}{rest}",
            "Nothing was changed. Delete them first (kubectl delete), or take everything back: sudo holdfast down. Then run the same command again."
        );
    }

    private static string? FindReason(OwnSandbox own, EdgeNodeSpec spec)
    {
        if (!spec.Cluster.IsStandalone)
        {
            return $"pods are {spec.Cluster.AgentService}'s there";
        }

        var socket = InstalledRuntimes.RealPath(own.Endpoint.SocketPath);
        if (spec.Runtimes.All(runtime => InstalledRuntimes.RealPath(runtime.Socket) != socket))
        {
            return $"the runtime {own.Endpoint.Name} is not in it";
        }

        return own.NodeName == spec.Name ? null : $"it belongs to the node {own.NodeName}, not {spec.Name}";
    }
}
