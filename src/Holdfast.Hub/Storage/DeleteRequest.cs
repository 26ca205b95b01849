namespace Holdfast.Hub.Storage;

/// <summary>What becomes of the objects that an object owns.</summary>
internal enum Propagation
{
    Background,
    Foreground,
    Orphan,
}

/// <summary>What a DELETE asks for: metav1.DeleteOptions.</summary>
internal sealed record DeleteRequest
{
    public long? GraceSeconds { get; init; }

    /// <summary>Null keeps what an earlier delete asked for; for the first one it is Background.</summary>
    public Propagation? Propagation { get; init; }
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    public bool IsDryRun { get; init; }
}

/// <summary>What became of an object that was to be deleted: its last state, and whether it is gone already.</summary>
internal sealed record DeleteOutcome(System.Text.Json.Nodes.JsonObject Object, bool IsGone);
