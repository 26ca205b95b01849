using System.Globalization;

namespace Holdfast.Cri.Grpc;

/// <summary>The grpc-timeout header: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    private const long MaxValue = 99_999_999;

    /// <summary>Writes in the finest unit that fits, rounded up: the server must not give up before the client does.</summary>
    public static string Format(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1n";
        }

        ReadOnlySpan<(char Unit, long Ticks)> units =
        [
            ('u', TimeSpan.TicksPerMicrosecond),
            ('m', TimeSpan.TicksPerMillisecond),
            ('S', TimeSpan.TicksPerSecond),
            ('M', TimeSpan.TicksPerMinute),
        ];
        foreach (var (unit, ticks) in units)
        {
            var value = RoundUp(timeout.Ticks, ticks);
            if (value <= MaxValue)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
            }
        }

        var hours = Math.Min(RoundUp(timeout.Ticks, TimeSpan.TicksPerHour), MaxValue);
        return string.Create(CultureInfo.InvariantCulture, $"{hours}H");
    }

    private static long RoundUp(long value, long unit) => (value / unit) + (value % unit == 0 ? 0 : 1);
}
