using Microsoft.Extensions.Logging;

namespace Holdfast.Store.Writing;

/// <summary>What the writer tells the log. Event ids 2000 to 2099 belong to the store.</summary>
internal static partial class WriterLog
{
    [LoggerMessage(2000, LogLevel.Information, "Store {Path} is open at revision {Revision}.")]
    public static partial void StoreOpened(this ILogger logger, string path, long revision);

    [LoggerMessage(2001, LogLevel.Error, "A commit of {Writes} writes failed: {Cause}")]
    public static partial void CommitFailed(this ILogger logger, int writes, string cause);

    [LoggerMessage(2002, LogLevel.Critical, "Internal error in the store's writer.")]
    public static partial void InternalError(this ILogger logger, Exception e);

    [LoggerMessage(2003, LogLevel.Warning, "The store could not be read back after a failed commit: {Cause}")]
    public static partial void ReadBackFailed(this ILogger logger, string cause);

    [LoggerMessage(
        2004,
        LogLevel.Warning,
        "The write-ahead log {Path}-wal has {Bytes} bytes: a process reads the store and does not end its transaction. "
            + "Find it with fuser and end it, or the disk fills."
    )]
    public static partial void LogGrows(this ILogger logger, string path, long bytes);

    [LoggerMessage(2005, LogLevel.Critical, "{Finding}")]
    public static partial void StoreDamaged(this ILogger logger, string finding);

    [LoggerMessage(2006, LogLevel.Warning, "The store's file could not be checked or made smaller: {Cause}")]
    public static partial void UpkeepFailed(this ILogger logger, string cause);
}
