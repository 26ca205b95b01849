namespace Holdfast.Linux;

/// <summary>A loop of the daemon that must not end before the daemon does: one that fails starts again, and none ends unseen.</summary>
public static class RestartedLoop
{
    /// <summary>Pause before the first restart, doubled by each failure that follows within <see cref="LongestPause"/>.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>A fault that stays is told once a minute, not more.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Runs the loop until it returns, is cancelled (without an exception), or fails for good.</summary>
    /// <param name="isFinal">Whether a failure cannot be mended by another try; it is thrown.</param>
    /// <param name="failed">Told each failure, with the pause before the next try.</param>
    public static async Task RunAsync(
        Func<CancellationToken, Task> loop,
        Func<Exception, bool> isFinal,
        Action<Exception, TimeSpan> failed,
        TimeProvider clock,
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
                return;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (!isFinal(e))
            {
                failures = clock.GetElapsedTime(started) > LongestPause ? 1 : failures + 1;
                var pause = BackOff(failures, FirstPause, LongestPause);
                failed(e, pause);
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
