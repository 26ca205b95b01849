namespace Holdfast.Terminal;

/// <summary>Durations as kubectl writes them: two units at most, one where that says enough.</summary>
internal static class Age
{
    public static string Format(TimeSpan age) =>
        age switch
        {
            { TotalSeconds: < 0 } => "0s",
            { TotalSeconds: < 120 } => $"{(int)age.TotalSeconds}s",
            { TotalMinutes: < 10 } => age.Seconds == 0
                ? $"{(int)age.TotalMinutes}m"
                : $"{(int)age.TotalMinutes}m{age.Seconds}s",
            { TotalHours: < 3 } => $"{(int)age.TotalMinutes}m",
            { TotalHours: < 48 } => $"{(int)age.TotalHours}h",
            _ => $"{(int)age.TotalDays}d",
        };
}
