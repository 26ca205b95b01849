using Google.Protobuf.Collections;
using Holdfast.Linux;

namespace Holdfast.Node.Probe;

/// <summary>
/// What probe pods are known by: which process made them, so that those of a dead one can be removed, and which probe of
/// it. They do not carry the agent's labels: the agent leaves them alone. Stateless.
/// </summary>
internal static class ProbeLabels
{
    public const string Owner = "holdfast.dev/probe";
    public const string Run = "holdfast.dev/probe-run";

    /// <summary>This process, told apart from a later one of the same number by its start.</summary>
    public static string Self { get; } = Identity(Environment.ProcessId) ?? $"{Environment.ProcessId}-0";

    public static bool IsLeftover(MapField<string, string> labels) =>
        labels.TryGetValue(Owner, out var owner)
        && owner != Self
        && (!int.TryParse(owner.Split('-')[0], out var pid) || Identity(pid) != owner);

    private static string? Identity(int pid) =>
        ProcessTable.Identify(pid) is { } process ? $"{pid}-{process.StartTicks}" : null;
}
