using Holdfast.Document;
using Holdfast.Linux;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>What the kernel was built with, and whether it can still load modules.</summary>
internal static class KernelChecks
{
    /// <summary>Before it overlayfs, BPF device rules and cgroup version 2 are missing or unfinished.</summary>
    private static readonly Version Oldest = new(4, 19);

    public static PreflightFinding? Release(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.KernelRelease.Split('.', '-', '+') is [var major, var minor, ..]
        && Version.TryParse($"{major}.{minor}", out var version)
        && version < Oldest
            ? Warning(
                $"the kernel {survey.KernelRelease} is older than {Oldest}: runtimes of today are not tested with it",
                "upgrade the kernel"
            )
            : null;

    public static IEnumerable<PreflightFinding> Config(MachineSurvey survey, EdgeNodeSpec spec) =>
        KernelOption
            .All.Where(option => survey.Kernel.Lacks(option.Name) && Matters(option, survey, spec))
            .Select(option => new PreflightFinding(
                option.IsVital ? PreflightSeverity.Error : PreflightSeverity.Warning,
                $"the kernel was built without CONFIG_{option.Name}, which {option.Purpose} need{(option.Purpose.EndsWith('s') ? "" : "s")}",
                $"use a kernel with it ({survey.Kernel.ConfigFile} says what this one has)"
            ));

    public static PreflightFinding? Modules(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Kernel.CanLoadModules
            ? null
            : Info(
                "this kernel loads no modules: what it has, it has built in",
                "nothing to do, unless up says that a module is missing: then use a kernel that has it"
            );

    private static bool Matters(KernelOption option, MachineSurvey survey, EdgeNodeSpec spec) =>
        option.Name switch
        {
            "CGROUP_DEVICE" => survey.Facts.Cgroups != CgroupMode.V2,
            "CGROUP_BPF" => survey.Facts.Cgroups == CgroupMode.V2,
            "NF_NAT" => spec.Network.Bridge.Masquerade,
            _ => true,
        };
}
