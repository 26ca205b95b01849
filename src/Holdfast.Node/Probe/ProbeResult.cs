using Holdfast.Node.Runtimes.Images;

namespace Holdfast.Node.Probe;

/// <summary>One step of a probe. Immutable.</summary>
/// <param name="Name"><c>sandbox</c>, <c>address</c>, <c>container</c>, <c>exec</c>, <c>log</c> or <c>cleanup</c>.</param>
/// <param name="Detail">What was seen; null when there is nothing to tell.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record ProbeStep(string Name, TimeSpan Duration, string? Detail, string? Error);

/// <summary>Whether one handler of one runtime really runs pods, and how fast. Immutable.</summary>
/// <param name="KernelRelease">As seen inside; another than the host's in a virtual machine. Null when it was not reached.</param>
/// <param name="Address">The pod's; null when it was not reached.</param>
public sealed record ProbeResult(
    string Endpoint,
    string Handler,
    IReadOnlyList<ProbeStep> Steps,
    string? KernelRelease,
    string? Address
)
{
    public bool Ok => Steps.All(step => step.Error is null);

    public TimeSpan Duration => Steps.Aggregate(TimeSpan.Zero, (sum, step) => sum + step.Duration);
}

/// <summary>What a probe needs to know. Immutable.</summary>
public sealed record ProbeOptions
{
    /// <summary>Parent of the probe pods' log directories.</summary>
    public required string PodLogsDirectory { get; init; }

    /// <summary>Whether control groups are systemd's: their parent is then named in its way.</summary>
    public bool UseSystemdCgroup { get; init; }

    /// <summary>Must be in every runtime already: nothing is pulled.</summary>
    public string Image { get; init; } = BusyboxImage.Reference;

    /// <summary>For one handler, from the sandbox to the log line: a virtual machine on a slow processor.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);
}
