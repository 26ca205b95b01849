namespace Holdfast.Changes.Journal;

/// <summary>One change that is in force, for people.</summary>
/// <param name="Number">From 1, in the order in which the changes were made; it stays the same until everything is undone.</param>
/// <param name="At">When it was first made.</param>
/// <param name="LastAt">When it was last adjusted; the same when it never was.</param>
public sealed record ChangeSummary(
    int Number,
    string Kind,
    string Id,
    string Title,
    string Group,
    DateTimeOffset At,
    DateTimeOffset LastAt
);
