namespace Holdfast.Hub;

/// <summary>Why the Hub cannot run. Callers decide by this, never by the message.</summary>
public enum HubReason
{
    /// <summary>Another process listens on the address or the socket.</summary>
    AddressInUse,

    /// <summary>The address or the socket's place cannot be listened on.</summary>
    CannotListen,

    /// <summary>Certificates or keys on the disk cannot be read or written.</summary>
    Pki,
}

/// <summary>The one exception of starting the Hub; failures of requests are answers, not exceptions.</summary>
public sealed class HubException(HubReason reason, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public HubReason Reason { get; } = reason;
}
