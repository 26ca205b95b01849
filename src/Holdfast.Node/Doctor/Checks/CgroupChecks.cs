using Holdfast.Document;
using Holdfast.Linux;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Control groups: which version, and whether pods can be held to their limits.</summary>
internal static class CgroupChecks
{
    public static PreflightFinding? Controllers(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.MissingControllers.Count == 0
            ? null
            : Error(
                $"the kernel has no cgroup controller {string.Join(", ", survey.MissingControllers)}",
                "add cgroup_enable=memory cgroup_memory=1 to the kernel's command line and reboot"
            );

    /// <summary>The kubelet refuses version 1 since 1.35 (failCgroupV1), and so does kubeadm, after minutes.</summary>
    public static PreflightFinding? VersionOneInCluster(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Facts.Cgroups != CgroupMode.V2 && spec.Cluster.AgentService == "kubelet"
            ? Warning(
                "control groups are not version 2: kubeadm and the kubelet refuse to run here from 1.35 on",
                "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line, or use kubeadm 1.34 or older"
            )
            : null;

    public static PreflightFinding? Hybrid(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Facts.Cgroups != CgroupMode.Hybrid ? null
        : spec.Runtimes.Any(runtime => runtime.CgroupDriver == CgroupDriverChoice.Systemd)
            ? Warning(
                "control groups are hybrid (version 1 with an empty version 2 tree), where cgroupDriver: systemd does not enforce all limits",
                "say cgroupDriver: auto, or boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
            )
        : Info(
            "control groups are hybrid (version 1 with an empty version 2 tree): cgroupfs manages them, and crun refuses to run",
            "nothing to do with runc; for version 2 boot with systemd.unified_cgroup_hierarchy=1"
        );
}
