using Holdfast.Node.Apply;
using Holdfast.Node.Joining;
using Holdfast.Node.Resources;

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
                    .Entries.Where(entry => entry.IsOpen)
                    .SelectMany(ListServices)
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

    /// <summary>Those that stop when the change is taken back.</summary>
    private static IEnumerable<string> ListServices(JournalEntry entry) =>
        entry.Kind switch
        {
            ClusterJoinResource.KindName when !(bool)entry.Original["joined"]! => ClusterJoinResource
                .ListServices(entry.Original)
                .Where(service => !service.WasRunning)
                .Select(service => service.Name),
            ServiceResource.KindName when !(bool)entry.Original["running"]! => [(string)entry.Original["name"]!],
            _ => [],
        };
}
