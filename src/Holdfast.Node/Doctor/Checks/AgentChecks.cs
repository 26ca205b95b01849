using Holdfast.Document;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Other programs that want the node, or its containerd, for themselves.</summary>
internal static class AgentChecks
{
    private const string DockerDaemon = "dockerd";

    /// <summary>They have checks of their own.</summary>
    private static readonly string[] Libvirt = ["libvirtd", "virtqemud"];

    public static PreflightFinding? Docker(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.OtherAgents.Contains(DockerDaemon)
            ? Info(
                "Docker runs here and shares containerd",
                "nothing to do: its containers stay untouched; containerd is restarted once"
            )
            : null;

    public static IEnumerable<PreflightFinding> Running(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey
            .OtherAgents.Except([DockerDaemon, .. Libvirt, .. Expected(survey, spec)])
            .Select(agent =>
                Error(
                    $"{agent} runs here, and it stops every pod that it does not know",
                    $"stop and disable {agent} first"
                )
            );

    public static IEnumerable<PreflightFinding> AtBoot(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey
            .AgentsAtBoot.Except([.. Libvirt, .. survey.OtherAgents, .. Expected(survey, spec)])
            .Select(agent =>
                Warning(
                    $"{agent} does not run now, but starts at boot, and it stops every pod that it does not know",
                    $"run: systemctl disable {agent}"
                )
            );

    /// <summary>libvirt and a runtime of virtual machines take /dev/kvm, bridges and cgroups from each other.</summary>
    public static PreflightFinding? LibvirtBesideVirtualMachines(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var libvirt = survey.OtherAgents.Concat(survey.AgentsAtBoot).FirstOrDefault(Libvirt.Contains);
        var handler = spec.Handlers.FirstOrDefault(handler => handler.IsVirtualMachine);
        return libvirt is null || handler is null
            ? null
            : Warning(
                $"{libvirt} is on this node beside the handler {handler.Name}, which runs virtual machines of its own",
                $"run: systemctl disable --now {libvirt}"
            );
    }

    /// <summary>The cluster's own programs, and those of an older document: they are taken back before anything else is done.</summary>
    private static IEnumerable<string> Expected(MachineSurvey survey, EdgeNodeSpec spec) =>
        spec.Cluster switch
        {
            OpenYurtCluster => [.. survey.StartedAgents, "kubelet", "yurthub"],
            { AgentService: { } agent } => [.. survey.StartedAgents, agent],
            _ => survey.StartedAgents,
        };
}
