namespace Holdfast.Changes;

/// <summary>Why the node could not be made, checked or put back, as far as a caller can act on it.</summary>
public enum NodeReason
{
    /// <summary>Another holdfast is changing this machine.</summary>
    Busy,

    /// <summary>A change could not be made; it was taken back.</summary>
    ChangeFailed,

    /// <summary>A change could not be taken back; the journal still has it.</summary>
    UndoFailed,

    /// <summary>The journal of changes cannot be read.</summary>
    JournalCorrupt,

    /// <summary>A package could not be installed or removed.</summary>
    PackagesFailed,

    /// <summary>A file could not be fetched from any of its addresses.</summary>
    DownloadFailed,

    /// <summary>An archive is not the one that its checksum names, is damaged, or has what must not be unpacked.</summary>
    ArchiveRefused,

    /// <summary>A service did not start, stop or stay up.</summary>
    ServiceFailed,

    /// <summary>The machine lacks something that cannot be changed from here.</summary>
    NotSupported,

    /// <summary>The document no longer wants something whose removal destroys data, and the caller did not allow that.</summary>
    WouldDestroy,

    /// <summary>Not root, or a capability is missing.</summary>
    Denied,

    /// <summary>A file of the machine is not what its format says, or has something in the way of a change; it was left alone.</summary>
    FileNotUnderstood,

    /// <summary>A runtime did not do what it must; the message says which and what.</summary>
    RuntimeFailed,

    /// <summary>Pods run on what would be changed or taken away.</summary>
    PodsRunning,
}

/// <summary>The one exception of this room. Its message says what could not be done, why, and what to do.</summary>
public sealed class NodeException : Exception
{
    public NodeException(NodeReason reason, string message, Exception? inner = null)
        : base(message, inner)
    {
        Reason = reason;
    }

    public NodeReason Reason { get; }
}
