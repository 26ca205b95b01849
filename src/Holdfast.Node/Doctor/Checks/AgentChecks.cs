using Holdfast.Document;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Other programs that want the node, or its containerd, for themselves.</summary>
internal static class AgentChecks
{
    private static readonly string[] Libvirt = ["libvirtd", "virtqemud"];

    public static IEnumerable<PreflightFinding> Running(MachineSurvey survey, EdgeNodeSpec spec)
    {
        foreach (var agent in survey.OtherAgents.Except(Libvirt).Except(Expected(survey, spec)))
        {
            yield return agent == "dockerd"
                ? PreflightFinding.Info(
                    FindingId.Docker,
                    "Docker runs here and shares containerd",
                    "nothing to do: its containers stay untouched; containerd is restarted once"
                )
                : PreflightFinding.Error(
                    FindingId.OtherAgent,
                    $"{agent} runs here, and it stops every pod that it does not know",
                    $"stop and disable {agent} first"
                );
        }
    }

    /// <summary>What sleeps now is awake after the next boot.</summary>
    public static IEnumerable<PreflightFinding> AtBoot(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey
            .AgentsAtBoot.Except(Libvirt)
            .Except(survey.OtherAgents)
            .Except(Expected(survey, spec))
            .Select(agent =>
                PreflightFinding.Warning(
                    FindingId.OtherAgentAtBoot,
                    $"{agent} does not run now, but starts at boot, and it stops every pod that it does not know",
                    $"run: systemctl disable {agent}"
                )
            );

    /// <summary>libvirt and a runtime of virtual machines take /dev/kvm, bridges and cgroups from each other.</summary>
    public static IEnumerable<PreflightFinding> LibvirtBesideVirtualMachines(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var libvirt = survey.OtherAgents.Concat(survey.AgentsAtBoot).FirstOrDefault(Libvirt.Contains);
        if (libvirt is not null && VirtualMachines.AreWanted(spec))
        {
            yield return PreflightFinding.Warning(
                FindingId.Libvirt,
                $"{libvirt} is on this node beside the handler {VirtualMachines.HandlersOf(spec).First()}, which runs virtual machines of its own",
                $"run: systemctl disable --now {libvirt}"
            );
        }
    }

    /// <summary>The cluster's own programs, and those of an older document: they are taken back before anything else is done.</summary>
    private static IEnumerable<string> Expected(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.StartedAgents.Concat(
            spec.Cluster switch
            {
                KubernetesCluster => ["kubelet"],
                OpenYurtCluster => ["kubelet", "yurthub"],
                KubeEdgeCluster => ["edgecore"],
                _ => Array.Empty<string>(),
            }
        );
}
