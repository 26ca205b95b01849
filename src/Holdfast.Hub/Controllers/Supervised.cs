using Holdfast.Linux;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>Loops that run as long as the Hub: one that fails is logged and starts again.</summary>
internal static class Supervised
{
    /// <summary>Completes, without an exception, when cancelled or when the store is closed.</summary>
    public static async Task RunAsync(
        string name,
        Func<CancellationToken, Task> loop,
        TimeProvider clock,
        ILogger logger,
        CancellationToken ct
    )
    {
        try
        {
            await RestartedLoop.RunAsync(
                loop,
                IsClosed,
                (e, pause) => HubLog.ControllerFailed(logger, e, name, pause),
                clock,
                ct
            );
        }
        catch (StoreException e) when (IsClosed(e))
        {
            // The daemon ends.
        }
    }

    private static bool IsClosed(Exception e) => e is StoreException { Reason: StoreReason.Closed };
}
