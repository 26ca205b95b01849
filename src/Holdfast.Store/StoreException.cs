namespace Holdfast.Store;

/// <summary>Why the store refused. Callers decide by this, never by the message.</summary>
public enum StoreReason
{
    /// <summary>Create: an object of this name is already there.</summary>
    AlreadyExists,

    /// <summary>Update or delete: there is no such object.</summary>
    NotFound,

    /// <summary>The object has another revision than the writer expected. Read again, decide again.</summary>
    Conflict,

    /// <summary>Watch: the log no longer goes back to this revision (or never reached it). List again, watch from there.</summary>
    TooOld,

    /// <summary>The object is bigger than <see cref="ObjectStoreOptions.MaxObjectBytes"/>.</summary>
    TooLarge,

    /// <summary>The disk is full. Nothing was written; the store works again as soon as there is room.</summary>
    Full,

    /// <summary>The file is damaged or is no store. The message says what to do.</summary>
    Corrupt,

    /// <summary>The file was written by a newer Holdfast, which this one does not understand.</summary>
    NewerVersion,

    /// <summary>Another process has the store open.</summary>
    InUse,

    /// <summary>The machine refuses: no permission, a read-only file system, an I/O error.</summary>
    Unavailable,

    /// <summary>The store was closed.</summary>
    Closed,
}

/// <summary>The one exception of the store: an expected failure with its reason and a message for people.</summary>
public sealed class StoreException(StoreReason reason, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>What went wrong.</summary>
    public StoreReason Reason { get; } = reason;
}
