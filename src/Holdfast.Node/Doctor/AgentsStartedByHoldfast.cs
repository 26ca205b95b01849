using Holdfast.Node.Apply;
using Holdfast.Node.Joining;

namespace Holdfast.Node.Doctor;

/// <summary>
/// The agents of clusters that run here only because Holdfast started them, as the journal says.
///</summary>
internal static class AgentsStartedByHoldfast
{
    public static async Task<IReadOnlyList<string>> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        try
        {
            using var journal = await ChangeJournal.ReadAsync(machine.Paths, machine.Time, cancellationToken);
            return
            [
                .. journal
                    .Histories(Bridge.KindOf(ClusterJoinResource.KindName))
                    .Select(history => history.Original.Original)
                    .Where(original => !(bool)original["joined"]!)
                    .SelectMany(ClusterJoinResource.ListServices)
                    .Where(service => !service.WasRunning)
                    .Select(service => service.Name)
                    .Concat(
                        journal
                            .Histories(Bridge.KindOf(Resources.ServiceResource.KindName))
                            .Select(history => history.Original.Original)
                            .Where(original => !(bool)original["running"]!)
                            .Select(original => (string)original["name"]!)
                    )
                    .Concat(
                        journal
                            .Histories(ServiceChange.ServiceKind)
                            .Select(history => history.Original)
                            .Where(original => !original.WasRunning)
                            .Select(original => original.Name)
                    )
                    .Intersect(NodeAgents.Services)
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (UnauthorizedAccessException)
        {
            // Ordinary users may look at the machine, and make bundles.
            return [];
        }
        catch (NodeException corrupt) when (corrupt.Reason == NodeReason.JournalCorrupt)
        {
            // The plan reports it to anybody who wants to change the machine.
            return [];
        }
    }
}
