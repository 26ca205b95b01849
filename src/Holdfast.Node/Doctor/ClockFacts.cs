using Holdfast.Linux;

namespace Holdfast.Node.Doctor;

/// <summary>The machine's clock.</summary>
/// <param name="IsSynchronised">As the kernel says; null when it does not.</param>
/// <param name="Keeper">The program that keeps it right, for example <c>chronyd</c>; null when none runs.</param>
public sealed record ClockFacts(DateTimeOffset Now, bool? IsSynchronised, string? Keeper)
{
    /// <summary>Short process names (15 bytes) of programs that keep clocks.</summary>
    private static readonly Dictionary<string, string> Keepers = new()
    {
        ["systemd-timesyn"] = "systemd-timesyncd",
        ["chronyd"] = "chronyd",
        ["ntpd"] = "ntpd",
        ["ptp4l"] = "ptp4l",
        ["phc2sys"] = "phc2sys",
        ["VBoxService"] = "VBoxService",
    };

    internal static ClockFacts Read(Machine machine, IReadOnlyCollection<string> processes) =>
        new(
            machine.Time.GetUtcNow(),
            machine.IsReal ? KernelClock.IsSynchronised() : null,
            processes.Select(name => Keepers.GetValueOrDefault(name)).FirstOrDefault(keeper => keeper is not null)
        );
}
