using Holdfast.Linux;
using Holdfast.Store;
using Microsoft.Extensions.Logging;

namespace Holdfast.Hub.Controllers;

/// <summary>Loops that run as long as the Hub: one that fails is logged and starts again, and none ends unseen.</summary>
internal static class Supervised
{
    /// <summary>Pause before the first restart, doubled by each failure that follows within <see cref="LongestPause"/>.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>A fault that stays is logged once a minute, not more.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Completes, without an exception, when cancelled or when the store is closed.</summary>
    public static async Task RunAsync(
        string name,
        Func<CancellationToken, Task> loop,
        TimeProvider clock,
        ILogger logger,
        CancellationToken ct
    )
    {
        var failures = 0;
        while (!ct.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            try
            {
                await loop(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException e) when (e.Reason == StoreReason.Closed)
            {
                return;
            }
            catch (Exception e)
            {
                failures = clock.GetElapsedTime(started) > LongestPause ? 1 : failures + 1;
                var pause = BackOff(failures, FirstPause, LongestPause);
                HubLog.ControllerFailed(logger, e, name, pause);
                await clock.WaitAsync(pause, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The pause after the given number of failures in a row.</summary>
    public static TimeSpan BackOff(int failures, TimeSpan first, TimeSpan longest)
    {
        // Beyond 2^30 times the first pause every longest pause is reached, and the shift would overflow.
        var doublings = Math.Min(failures - 1, 30);
        return TimeSpan.FromTicks(Math.Min(longest.Ticks, first.Ticks << doublings));
    }
}
