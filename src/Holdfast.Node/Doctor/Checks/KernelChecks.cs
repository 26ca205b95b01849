using Holdfast.Document;
using Holdfast.Linux;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>What the kernel was built with, and whether it can still load modules.</summary>
internal static class KernelChecks
{
    /// <summary>Before it overlayfs, BPF device rules and cgroup version 2 are missing or unfinished.</summary>
    private static readonly Version Oldest = new(4, 19);

    public static IEnumerable<PreflightFinding> Release(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var numbers = survey.KernelRelease.Split('.', '-', '+');
        if (
            numbers.Length > 1
            && int.TryParse(numbers[0], out var major)
            && int.TryParse(numbers[1], out var minor)
            && new Version(major, minor) < Oldest
        )
        {
            yield return PreflightFinding.Warning(
                FindingId.OldKernel,
                $"the kernel {survey.KernelRelease} is older than {Oldest}: runtimes of today are not tested with it",
                "upgrade the kernel"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Config(MachineSurvey survey, EdgeNodeSpec spec)
    {
        foreach (
            var option in KernelOption.All.Where(option =>
                survey.Kernel.Lacks(option.Name) && Matters(option, survey, spec)
            )
        )
        {
            yield return new PreflightFinding(
                FindingId.KernelConfig,
                option.IsVital ? PreflightSeverity.Error : PreflightSeverity.Warning,
                $"the kernel was built without CONFIG_{option.Name}, which {option.Purpose} need{(option.Purpose.EndsWith('s') ? "" : "s")}",
                $"use a kernel with it ({survey.Kernel.ConfigFile} says what this one has)"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Modules(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (!survey.Kernel.CanLoadModules)
        {
            yield return PreflightFinding.Info(
                FindingId.NoModules,
                "this kernel loads no modules: what it has, it has built in",
                "nothing to do, unless up says that a module is missing: then use a kernel that has it"
            );
        }
    }

    private static bool Matters(KernelOption option, MachineSurvey survey, EdgeNodeSpec spec) =>
        option.Name switch
        {
            // Virtual machines have checks of their own, by what is there and not by what was built.
            "KVM" or "VHOST_NET" or "VHOST_VSOCK" => false,
            "CGROUP_DEVICE" => survey.Facts.Cgroups != CgroupMode.V2,
            "CGROUP_BPF" => survey.Facts.Cgroups == CgroupMode.V2,
            "NF_NAT" => spec.Network.Bridge.Masquerade,
            _ => true,
        };
}
