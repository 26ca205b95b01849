using Holdfast.Node.Joining;

namespace Holdfast.Node.Doctor;

/// <summary>The agents of clusters that run here only because Holdfast started them, as the journal says.</summary>
internal static class AgentsStartedByHoldfast
{
    public static async Task<IReadOnlyList<string>> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        try
        {
            using var journal = await ChangeJournal.ReadAsync(machine.Paths, machine.Time, cancellationToken);
            var ofJoins = journal
                .Histories(JoinChange.JoinKind)
                .Select(history => history.Original)
                .Where(join => !join.Joined)
                .SelectMany(join => join.Services);
            var others = journal.Histories(ServiceChange.ServiceKind).Select(history => history.Original);
            return
            [
                .. ofJoins
                    .Concat(others)
                    .Where(service => !service.WasRunning)
                    .Select(service => service.Name)
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
