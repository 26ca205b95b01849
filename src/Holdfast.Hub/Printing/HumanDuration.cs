namespace Holdfast.Hub.Printing;

/// <summary>Ages as kubectl shows them: k8s.io/apimachinery/pkg/util/duration.HumanDuration.</summary>
internal static class HumanDuration
{
    public const string Unknown = "<unknown>";

    public static string Since(DateTimeOffset? then, DateTimeOffset now) => then is { } time ? Of(now - time) : Unknown;

    public static string Of(TimeSpan span)
    {
        // Clocks of two machines differ a little; the original allows the same second of grace.
        var seconds = (long)span.TotalSeconds;
        if (seconds < -1)
        {
            return "<invalid>";
        }

        if (seconds < 0)
        {
            return "0s";
        }

        var minutes = seconds / 60;
        var hours = minutes / 60;
        var days = hours / 24;
        return seconds < 120 ? $"{seconds}s"
            : minutes < 10 ? Two(minutes, "m", seconds % 60, "s")
            : minutes < 180 ? $"{minutes}m"
            : hours < 8 ? Two(hours, "h", minutes % 60, "m")
            : hours < 48 ? $"{hours}h"
            : days < 8 ? Two(days, "d", hours % 24, "h")
            : days < 365 * 2 ? $"{days}d"
            : days < 365 * 8 ? Two(days / 365, "y", days % 365, "d")
            : $"{days / 365}y";
    }

    private static string Two(long big, string bigUnit, long small, string smallUnit) =>
        small == 0 ? $"{big}{bigUnit}" : $"{big}{bigUnit}{small}{smallUnit}";
}
