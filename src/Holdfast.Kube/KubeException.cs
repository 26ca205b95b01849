namespace Holdfast.Kube;

/// <summary>Why the Kube room refused something. Callers switch on this, never on message text.</summary>
public enum KubeReason
{
    /// <summary>The bytes are not JSON or YAML, or not the shape that was asked for (API servers answer 400).</summary>
    Malformed,

    /// <summary>Well formed, but the value is not allowed (API servers answer 422).</summary>
    Invalid,

    /// <summary>A JSON Patch "test" did not hold (API servers answer 422).</summary>
    PatchTestFailed,

    /// <summary>A patch names a place that the document does not have (API servers answer 422).</summary>
    PatchPathMissing,
}

/// <summary>The one exception of the Kube room: text or objects from outside that cannot be used.</summary>
public sealed class KubeException : Exception
{
    public KubeException(KubeReason reason, string message)
        : base(message) => Reason = reason;

    public KubeException(KubeReason reason, string message, Exception inner)
        : base(message, inner) => Reason = reason;

    public KubeReason Reason { get; }

    /// <summary>Where the text is wrong, from 1; null when that is not known.</summary>
    public int? Line { get; init; }

    /// <summary>Where in the line, from 1.</summary>
    public int? Column { get; init; }

    /// <summary>What is wrong there, without the place; null when the place is not known.</summary>
    public string? Problem { get; init; }
}
