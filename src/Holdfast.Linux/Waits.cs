namespace Holdfast.Linux;

/// <summary>
/// Waits whose length is computed, for example from a field that a user wrote. Timers refuse more than 49.7 days, so such a wait
/// ends after a day at the latest and its caller looks at the clock again.
/// </summary>
public static class Waits
{
    /// <summary>Far below what a timer takes, and long enough that looking again costs nothing.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The wait as a timer takes it: not negative and not longer than <see cref="Longest"/>.</summary>
    public static TimeSpan Clamp(TimeSpan wait) =>
        wait < TimeSpan.Zero ? TimeSpan.Zero
        : wait > Longest ? Longest
        : wait;

    /// <summary>Completes after the clamped wait.</summary>
    public static Task WaitAsync(this TimeProvider time, TimeSpan wait, CancellationToken ct) =>
        Task.Delay(Clamp(wait), time, ct);
}
