namespace Holdfast.Changes;

/// <summary>What the journal has of one change.</summary>
/// <param name="records">One record per run that wrote, oldest first.</param>
/// <param name="returnTo">Index of the record whose state is put back: 0 for undo, that of a later run for its rollback.</param>
public sealed class History<TBefore>(IReadOnlyList<TBefore> records, int returnTo = 0)
{
    public static History<TBefore> Empty { get; } = new([]);

    public IReadOnlyList<TBefore> Records => records;

    /// <summary>Whether Holdfast has not changed this yet; then there is neither an original nor a last record.</summary>
    public bool IsEmpty => records.Count == 0;

    /// <summary>How the thing was before Holdfast; in a rollback, how it was before the run that is rolled back.</summary>
    public TBefore Original => records[returnTo];

    /// <summary>What the last run recorded.</summary>
    public TBefore Last => records[^1];

    /// <summary>The records of the runs that are taken back, the original first.</summary>
    public IEnumerable<TBefore> TakenBack => records.Skip(returnTo);

    /// <summary>Whether undo goes back to the time before Holdfast, and not to what an earlier run made.</summary>
    internal bool IsWhole => returnTo == 0;

    /// <summary>The same runs, seen as the history of a part of what they recorded.</summary>
    public History<TPart> Select<TPart>(Func<TBefore, TPart> part) => new([.. records.Select(part)], returnTo);
}
