using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts.Checks;

/// <summary>Ports that the node needs and somebody else has. Pure.</summary>
internal static class PortChecks
{
    public static IEnumerable<PreflightFinding> Check(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (facts.HubPortOwner is { } owner && !owner.StartsWith("holdfast", StringComparison.Ordinal))
        {
            yield return PreflightFinding.Error(
                FindingId.PortInUse,
                $"port {MachineFacts.HubPort} is in use by {owner}",
                "stop that program"
            );
        }
    }
}
