using Holdfast.Node.Doctor;

namespace Holdfast.Node.Pods;

/// <summary>What it means for a cluster that this machine leaves it.</summary>
/// <param name="Agent">The agent that runs its pods here: <c>kubelet</c> or <c>edgecore</c>.</param>
/// <param name="NodeName">The node object, which stays in the cluster until it is deleted there.</param>
/// <param name="Pods">The pods that end, as <c>NAMESPACE/NAME</c>.</param>
public sealed record ClusterDeparture(string Agent, string NodeName, IReadOnlyList<string> Pods)
{
    /// <summary>Null where Holdfast made this machine join no cluster: then it takes it out of none.</summary>
    public static async Task<ClusterDeparture?> FindAsync(
        Machine machine,
        KnownRuntimes runtimes,
        PodListing pods,
        CancellationToken cancellationToken
    )
    {
        var started = await AgentsStartedByHoldfast.ReadAsync(machine, cancellationToken);
        var document = runtimes.Documents.FirstOrDefault(document =>
            document.Cluster.AgentService is { } agent && started.Contains(agent)
        );
        return document is null
            ? null
            : new ClusterDeparture(
                document.Cluster.AgentService!,
                document.Name,
                [
                    .. pods
                        .Sandboxes.Where(sandbox => sandbox.IsReady && sandbox.IsOfOtherAgent)
                        .Select(sandbox => sandbox.PodName)
                        .Distinct()
                        .Order(StringComparer.Ordinal),
                ]
            );
    }
}
