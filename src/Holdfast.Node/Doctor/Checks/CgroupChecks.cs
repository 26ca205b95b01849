using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Runtimes;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Control groups: which version, and whether pods can be held to their limits.</summary>
internal static class CgroupChecks
{
    public static IEnumerable<PreflightFinding> Controllers(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (survey.MissingControllers.Count > 0)
        {
            yield return PreflightFinding.Error(
                FindingId.CgroupControllers,
                $"the kernel has no cgroup controller {string.Join(", ", survey.MissingControllers)}",
                "add cgroup_enable=memory cgroup_memory=1 to the kernel's command line and reboot"
            );
        }
    }

    /// <summary>The kubelet refuses version 1 since 1.35 (failCgroupV1), and so does kubeadm, after minutes.</summary>
    public static IEnumerable<PreflightFinding> VersionOneInCluster(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (survey.Facts.Cgroups != CgroupMode.V2 && spec.Cluster is KubernetesCluster or OpenYurtCluster)
        {
            yield return PreflightFinding.Warning(
                FindingId.CgroupVersion,
                "control groups are not version 2: kubeadm and the kubelet refuse to run here from 1.35 on",
                "boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line, or use kubeadm 1.34 or older"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Hybrid(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (survey.Facts.Cgroups != CgroupMode.Hybrid)
        {
            yield break;
        }

        var wantsSystemd = spec.Runtimes.Any(runtime => runtime.CgroupDriver == CgroupDriverChoice.Systemd);
        yield return wantsSystemd
            ? PreflightFinding.Warning(
                FindingId.CgroupHybrid,
                "control groups are hybrid (version 1 with an empty version 2 tree), where cgroupDriver: systemd does not hold all limits",
                "say cgroupDriver: auto, or boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
            )
            : PreflightFinding.Info(
                FindingId.CgroupHybrid,
                "control groups are hybrid (version 1 with an empty version 2 tree): cgroupfs manages them, and crun refuses to run",
                "nothing to do with runc; for version 2 boot with systemd.unified_cgroup_hierarchy=1"
            );
    }
}
