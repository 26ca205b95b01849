using System.Text.Json.Nodes;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Apply;

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
internal sealed class JournalEntry
{
    private readonly List<JsonObject> intents = [];
    private readonly List<JsonObject> results = [];

    public JournalEntry(string kind, string id, string title, string group, DateTimeOffset at, JsonObject original)
    {
        Kind = kind;
        Id = id;
        Title = title;
        Group = group;
        At = at;
        LastAt = at;
        Original = original;
    }

    public string Kind { get; }
    public string Id { get; }
    public string Title { get; }
    public string Group { get; }

    /// <summary>When the original was recorded.</summary>
    public DateTimeOffset At { get; }
    public JsonObject Original { get; }
    public EntryState State { get; private set; }

    /// <summary>Whether a pod has shown that what this change brought works; only changes that replaced a version are asked.</summary>
    public bool IsProven { get; private set; }

    public bool IsOpen => State != EntryState.Undone;

    /// <summary>When it was last written: by a later run when the document, or the machine, had changed since.</summary>
    public DateTimeOffset LastAt { get; private set; }

    public ChangeSummary ToSummary(int number) => new(number, Kind, Id, Title, Group, At, LastAt);

    public RecordedChange ToChange() => new(Kind, Id, Title, Original, [.. intents], [.. results]);

    public void AddIntent(JsonObject? intent, DateTimeOffset at)
    {
        State = EntryState.Recorded;
        LastAt = at;
        if (intent is not null)
        {
            intents.Add(intent);
        }
    }

    public void MarkDone(JsonObject? result)
    {
        State = EntryState.Done;
        if (result is not null)
        {
            results.Add(result);
        }
    }

    public void MarkProven() => IsProven = true;

    /// <summary>What follows from its undo (a service that runs again) is done; a later undo of everything leaves it alone.</summary>
    public bool IsSettled { get; private set; }

    public void MarkSettled() => IsSettled = true;

    public void MarkUndone() => State = EntryState.Undone;
}
