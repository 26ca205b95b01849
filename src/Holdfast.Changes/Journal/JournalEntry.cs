using System.Text.Json;

namespace Holdfast.Changes.Journal;

/// <summary>How far one change has come, as the journal tells it.</summary>
internal enum EntryState
{
    /// <summary>The original is safe; the change may have been begun, or even finished.</summary>
    Recorded,

    /// <summary>The change was seen through.</summary>
    Done,

    /// <summary>The original is back.</summary>
    Undone,
}

/// <summary>All that the journal has of one change. Owned by one <see cref="ChangeJournal"/>, changed by it alone.</summary>
internal sealed class JournalEntry(RecordLine first)
{
    private readonly List<RecordLine> records = [first];
    private int proven;

    public string Kind => first.Kind;
    public string Id => first.Id;
    public string Title => first.Title;
    public string Group => first.Group;

    /// <summary>When it was first recorded.</summary>
    public DateTimeOffset At => first.At;

    /// <summary>Number of the last run that wrote it.</summary>
    public int LastRun => records[^1].Run;

    public EntryState State { get; set; }

    public bool IsOpen => State != EntryState.Undone;

    /// <summary>What follows from its undo (a service that runs again) is done; a later undo of everything leaves it alone.</summary>
    public bool IsSettled { get; set; }

    /// <summary>For undo: back to the original.</summary>
    public History<JsonElement> History => HistoryTo(0);

    public ChangeSummary ToSummary(int number) => new(number, Kind, Id, Title, Group, first.At, records[^1].At);

    /// <summary>For a rollback of one run: back to the state before it. Null when that run did not write this.</summary>
    public History<JsonElement>? HistoryBefore(int run) =>
        records.FindIndex(record => record.Run == run) is >= 0 and var index ? HistoryTo(index) : null;

    /// <summary>
    /// For a rollback of what no pod has proven: back to the last version that worked, or was not replaced. Null when nothing
    /// is to be proven.
    /// </summary>
    public History<JsonElement>? FindUnproven(ChangeKind kind) =>
        Enumerable.Range(proven, records.Count - proven).Select(HistoryTo).FirstOrDefault(kind.IsToBeProven);

    public void Add(RecordLine record)
    {
        State = EntryState.Recorded;
        records.Add(record);
    }

    public void MarkProven() => proven = records.Count;

    private History<JsonElement> HistoryTo(int record) => new([.. records.Select(line => line.Before)], record);
}
