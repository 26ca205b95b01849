namespace Holdfast.Cri;

/// <summary>Why a runtime did not do what it was asked. The numbers are gRPC's status codes.</summary>
public enum CriReason
{
    /// <summary>The runtime gave the call up. Cancellation by the caller is an <see cref="OperationCanceledException"/>.</summary>
    Cancelled = 1,

    /// <summary>The runtime gave no reason; most failures inside runc and CNI arrive so.</summary>
    Unknown = 2,

    /// <summary>The request is wrong and will be wrong again.</summary>
    InvalidArgument = 3,

    /// <summary>No answer in time. The runtime may still carry the request out.</summary>
    DeadlineExceeded = 4,

    /// <summary>No such sandbox, container or image.</summary>
    NotFound = 5,

    /// <summary>It is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The runtime refuses this caller.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, a disk or a message size limit is reached.</summary>
    ResourceExhausted = 8,

    /// <summary>The object is not in a state in which this can be done.</summary>
    FailedPrecondition = 9,

    /// <summary>Another request came in between; may be tried again.</summary>
    Aborted = 10,

    /// <summary>Outside of the valid range.</summary>
    OutOfRange = 11,

    /// <summary>The runtime does not have this call.</summary>
    Unimplemented = 12,

    /// <summary>The runtime, or what was heard of it, is broken.</summary>
    Internal = 13,

    /// <summary>The runtime is not there, or went away during the call. May be tried again.</summary>
    Unavailable = 14,

    /// <summary>Data is lost.</summary>
    DataLoss = 15,

    /// <summary>The caller did not say who it is.</summary>
    Unauthenticated = 16,
}

/// <summary>The one exception of this room: a runtime did not do what it was asked.</summary>
public sealed class CriException : Exception
{
    public CriException(CriReason reason, string message, Exception? inner = null)
        : base(message, inner)
    {
        Reason = reason;
        RuntimeMessage = "";
    }

    internal CriException(CriReason reason, string message, string runtimeMessage)
        : base(message)
    {
        Reason = reason;
        RuntimeMessage = runtimeMessage;
        IsAnswer = true;
    }

    public CriReason Reason { get; }

    /// <summary>What the runtime itself said, without our words; empty when it said nothing.</summary>
    public string RuntimeMessage { get; }

    /// <summary>True when the runtime answered with this status; false when it is our own conclusion.</summary>
    internal bool IsAnswer { get; }
}
