using Holdfast.Node.Joining;

namespace Holdfast.Node.Pods;

/// <summary>What it means that this machine leaves its cluster.</summary>
/// <param name="Agent">The agent that runs the pods here: <c>kubelet</c> or <c>edgecore</c>.</param>
/// <param name="Node">The node's name in the cluster.</param>
/// <param name="Pods">The pods that end, as <c>NAMESPACE/NAME</c>.</param>
/// <param name="Destroys">Data of the cluster that goes with its control plane; null for a node that only joined.</param>
public sealed record ClusterDeparture(string Agent, string Node, IReadOnlyList<string> Pods, string? Destroys)
{
    /// <summary>Names of more pods do not help a person.</summary>
    private const int PodsToName = 10;

    /// <summary>Null where Holdfast made this machine join no cluster: then it takes it out of none.</summary>
    public static async Task<ClusterDeparture?> FindAsync(
        Machine machine,
        PodListing pods,
        CancellationToken cancellationToken
    )
    {
        using var journal = await ChangeJournal.ReadAsync(machine.Paths, machine.Time, cancellationToken);
        var join = journal
            .Histories(JoinChange.JoinKind)
            .Select(history => history.Original)
            .FirstOrDefault(join => !join.Joined);
        return join is null
            ? null
            : new ClusterDeparture(
                join.Services[0].Name,
                join.Node,
                [
                    .. pods
                        .Sandboxes.Where(sandbox => sandbox.IsReady && sandbox.IsOfOtherAgent)
                        .Select(sandbox => sandbox.PodName)
                        .Distinct()
                        .Order(StringComparer.Ordinal),
                ],
                join.Destroys
            );
    }

    /// <summary>For people, before it is done: which pods end, what is lost, and what stays in the cluster.</summary>
    public IEnumerable<string> Describe()
    {
        if (Pods.Count > 0)
        {
            var rest = Pods.Count > PodsToName ? $" and {Pods.Count - PodsToName} more" : "";
            yield return $"these pods of {Agent} end here: {string.Join(", ", Pods.Take(PodsToName))}{rest}";
        }
        yield return Destroys is null
            ? $"the node object {Node} stays in the cluster until it is deleted there: kubectl delete node {Node}"
            : $"{Destroys} are destroyed";
    }
}
