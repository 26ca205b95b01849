using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts.Checks;

/// <summary>Other programs that want the node, or its containerd, for themselves. Pure.</summary>
internal static class AgentChecks
{
    public static IEnumerable<PreflightFinding> Running(MachineFacts facts, EdgeNodeSpec spec) =>
        facts.OtherAgents.Select(agent =>
            agent == "dockerd"
                ? PreflightFinding.Info(
                    FindingId.Docker,
                    "Docker runs here and shares containerd",
                    "nothing to do: its containers stay untouched; containerd is restarted once"
                )
                : PreflightFinding.Error(
                    FindingId.OtherAgent,
                    $"{agent} runs here, and it stops every pod that it does not know",
                    $"stop and disable {agent} first"
                )
        );
}
