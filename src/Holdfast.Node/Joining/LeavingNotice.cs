namespace Holdfast.Node.Joining;

/// <summary>What taking this machine out of its cluster means, to be told before it is done.</summary>
/// <param name="Node">The node's name, whose object stays in the cluster: <c>kubectl delete node NAME</c>.</param>
/// <param name="Agent">Service that stops: kubelet or edgecore.</param>
/// <param name="Pods">Pods that end, as <c>namespace/name</c>, in alphabetical order.</param>
/// <param name="Destroys">Data of the cluster that is destroyed with the control plane; null for a node that only joined.</param>
public sealed record LeavingNotice(string Node, string Agent, IReadOnlyList<string> Pods, string? Destroys)
{
    /// <summary>Where kubelet and edgecore (up to 1.17) keep a directory for each pod, named by its UID.</summary>
    private static readonly string[] PodDirectories = ["/var/lib/kubelet/pods", "/var/lib/edged/pods"];

    /// <summary>The kubelet's layout: a directory NAMESPACE_NAME_UID for each pod.</summary>
    private const string LogDirectory = "/var/log/pods";

    /// <returns>Null when Holdfast has not made this machine a member of a cluster.</returns>
    public static async Task<LeavingNotice?> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        using var journal = await ChangeJournal.ReadAsync(machine.Paths, machine.Time, cancellationToken);
        var join = journal.Histories(JoinChange.JoinKind).Select(history => history.Original).FirstOrDefault();
        return join is null or { Joined: true }
            ? null
            : new LeavingNotice(join.Node, join.Services[0].Name, ListPods(machine), join.Destroys);
    }

    private static string[] ListPods(Machine machine)
    {
        var living = PodDirectories.SelectMany(directory => ListNames(machine, directory)).ToHashSet();
        return
        [
            .. ListNames(machine, LogDirectory)
                .Select(name => name.Split('_'))
                .Where(parts => parts.Length == 3 && living.Contains(parts[2]))
                .Select(parts => $"{parts[0]}/{parts[1]}")
                .Order(StringComparer.Ordinal),
        ];
    }

    private static IEnumerable<string> ListNames(Machine machine, string directory) =>
        Directory.Exists(machine.At(directory))
            ? Directory.EnumerateDirectories(machine.At(directory)).Select(path => Path.GetFileName(path))
            : [];
}
