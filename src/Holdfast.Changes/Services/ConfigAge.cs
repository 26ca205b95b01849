using Holdfast.Linux;

namespace Holdfast.Changes.Services;

/// <summary>Whether a process read its configuration before or after the last change of it.</summary>
public static class ConfigAge
{
    /// <summary>Start times are counted in hundredths of a second, change times in ticks of the kernel's timer.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Waits until a start from now on is certain to be seen as later than the last change: what is within the tolerance
    /// counts as changed, since a program that was started just before the change has not read it.
    /// </summary>
    public static async Task WaitUntilSettledAsync(
        Machine machine,
        IEnumerable<string> files,
        CancellationToken cancellationToken
    )
    {
        var age = files
            .Select(file => ChangedAt(machine, file))
            .OfType<DateTimeOffset>()
            .Select(changedAt => machine.Time.GetUtcNow() - changedAt)
            .Where(age => age >= TimeSpan.Zero)
            .DefaultIfEmpty(TimeSpan.MaxValue)
            .Min();
        if (age < 2 * Tolerance)
        {
            await Task.Delay((2 * Tolerance) - age, machine.Time, cancellationToken);
        }
    }

    /// <summary>The first file that changed after the start, or too shortly before it to tell; null when none did or nothing runs.</summary>
    public static string? ChangedSince(Machine machine, DateTimeOffset? startedAt, IEnumerable<string> files)
    {
        var now = machine.Time.GetUtcNow();

        // A change in the future was made before the clock was set back; it says nothing, and believing it would restart
        // the service at every run.
        return startedAt is { } start
            ? files.FirstOrDefault(file =>
                ChangedAt(machine, file) is { } changedAt
                && changedAt > start - Tolerance
                && changedAt <= now + Tolerance
            )
            : null;
    }

    /// <summary>Of the file, or of the link that leads to it when that was turned to another file later.</summary>
    private static DateTimeOffset? ChangedAt(Machine machine, string file) =>
        machine.Status(file) is { } status && FileStatus.Read(machine.At(file), followLink: false) is { } link
            ? (status.ChangedAt > link.ChangedAt ? status.ChangedAt : link.ChangedAt)
            : null;
}
