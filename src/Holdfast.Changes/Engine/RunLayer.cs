using Holdfast.Changes.Journal;

namespace Holdfast.Changes.Engine;

/// <summary>What one run, or more of them, wrote on top of what earlier runs had made of a change.</summary>
/// <param name="History">Back to the state below the layer.</param>
internal sealed record RunLayer(JournalEntry Entry, StoredHistory History)
{
    /// <summary>What the holder of the journal has changed, in the order in which the changes were first made.</summary>
    public static IEnumerable<RunLayer> ListOf(ChangeJournal journal)
    {
        foreach (var entry in journal.Entries.Where(entry => entry.IsOpen))
        {
            if (entry.HistoryBefore(journal.Run) is { } history)
            {
                yield return new RunLayer(entry, history);
            }
        }
    }

    /// <summary>The original is back; a state that an earlier run made stays in the journal.</summary>
    public void MarkUndone(ChangeJournal journal)
    {
        if (History.ReturnTo == 0)
        {
            journal.MarkUndone(Entry);
        }
    }
}
