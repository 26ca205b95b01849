namespace Holdfast.Testing.Scripted;

/// <summary>How a <see cref="ScriptedRuntime"/> treats one call.</summary>
public enum ScriptedAnswer
{
    /// <summary>Does it and says so.</summary>
    Well,

    /// <summary>Does it at once and says so when the test releases it.</summary>
    Late,

    /// <summary>Does it, and says so, when the test releases it; the caller may have left before.</summary>
    DoneLate,

    /// <summary>Does it twice, as for a request that arrived twice, and answers what the second came to.</summary>
    Twice,

    /// <summary>Does it and says that it failed.</summary>
    DoneButRefused,

    /// <summary>Does nothing and says that it failed.</summary>
    Refused,

    /// <summary>Does nothing and answers success with an empty message.</summary>
    NotDone,

    /// <summary>Does it and answers bytes that are no message.</summary>
    Unreadable,

    /// <summary>Does it and breaks the call off.</summary>
    BrokenOff,

    /// <summary>Does it and never answers.</summary>
    Never,

    /// <summary>Does nothing and never answers.</summary>
    NotDoneNever,
}
