namespace Holdfast.Changes.Engine;

/// <summary>What just happened to a step.</summary>
public enum StepPhase
{
    /// <summary>It is being changed now.</summary>
    Started,

    /// <summary>It is still being changed; the detail says what it is at.</summary>
    Working,

    /// <summary>It was changed.</summary>
    Changed,

    /// <summary>It was as wanted already.</summary>
    Unchanged,

    /// <summary>It could not be changed; the detail says why.</summary>
    Failed,

    /// <summary>Its original is back.</summary>
    TakenBack,

    /// <summary>Something a person must know; the detail says it.</summary>
    Note,
}

/// <summary>News of an apply or undo.</summary>
/// <param name="Number">1 for the first step.</param>
/// <param name="Elapsed">Since the step was started.</param>
public sealed record StepProgress(
    string Group,
    string Title,
    int Number,
    int Count,
    StepPhase Phase,
    string? Detail,
    TimeSpan Elapsed
);

/// <summary>How an apply ended that did not fail.</summary>
/// <param name="Failures">What of an older document was put back and does not run again, each with its cause.</param>
public sealed record ApplyResult(int Changed, int Unchanged, IReadOnlyList<string> Failures);

/// <summary>How an undo or a rollback ended.</summary>
/// <param name="TakenBack">Changes whose original is back.</param>
/// <param name="Left">Changes that are still in force.</param>
/// <param name="Notes">What a person must know, for example a file that was kept aside.</param>
/// <param name="Failures">What could not be put back or started again, each with its cause; the caller has failed then.</param>
public sealed record UndoResult(int TakenBack, int Left, IReadOnlyList<string> Notes, IReadOnlyList<string> Failures);
