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
}
