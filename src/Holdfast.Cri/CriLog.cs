using Microsoft.Extensions.Logging;

namespace Holdfast.Cri;

/// <summary>What this room logs. Event ids 2000 to 2099 are its own.</summary>
internal static partial class CriLog
{
    [LoggerMessage(2000, LogLevel.Information, "Connected to {Endpoint}: {Runtime} {Version}, CRI {Api}")]
    public static partial void Connected(ILogger log, string endpoint, string runtime, string version, string api);

    [LoggerMessage(2001, LogLevel.Warning, "{Endpoint} is not ready: {Cause}")]
    public static partial void NotReady(ILogger log, string endpoint, string cause);

    [LoggerMessage(2002, LogLevel.Information, "Events of {Endpoint} come from {Source}")]
    public static partial void Watching(ILogger log, string endpoint, string source);

    [LoggerMessage(2003, LogLevel.Warning, "Lost the events of {Endpoint}: {Cause}")]
    public static partial void Lost(ILogger log, string endpoint, string cause);

    [LoggerMessage(2004, LogLevel.Warning, "Too many events of {Endpoint} wait to be read; everything is listed anew")]
    public static partial void Overflow(ILogger log, string endpoint);

    [LoggerMessage(2005, LogLevel.Debug, "An event of {Endpoint} cannot be read: {Topic}")]
    public static partial void Unreadable(ILogger log, string endpoint, string topic);
}
