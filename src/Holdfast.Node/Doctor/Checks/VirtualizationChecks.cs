using Holdfast.Document;
using Holdfast.Linux;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>
/// What handlers that make virtual machines need: what <c>kata-runtime check</c> looks at, without Kata. Silent when the
/// document has no such handler.
///</summary>
internal static class VirtualizationChecks
{
    public static PreflightFinding? Kvm(MachineSurvey survey, EdgeNodeSpec spec)
    {
        (string What, string Remedy)? problem = survey.Virtualization.Kvm switch
        {
            KvmAnswer.Absent => ("there is no /dev/kvm", WhyNoDevice(survey)),
            KvmAnswer.Denied => (
                "/dev/kvm may not be opened",
                "run this as root; in a container let it have the device"
            ),
            KvmAnswer.Busy => (
                "another hypervisor (VirtualBox, VMware) holds the processor's virtualization",
                "end its machines and unload its modules"
            ),
            KvmAnswer.Failed => ("the kernel refused to make one (KVM_CREATE_VM)", "see what dmesg says of kvm"),
            _ => null,
        };
        return spec.Handlers.FirstOrDefault(h => h.IsVirtualMachine) is { } handler && problem is (var what, var remedy)
            ? Warning($"the handler {handler.Name} cannot start virtual machines: {what}", remedy)
            : null;
    }

    /// <summary>What works needs no flags: a hypervisor of another kind (PVM) may stand behind /dev/kvm.</summary>
    public static PreflightFinding? Processor(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var (vendor, flags) = (survey.Virtualization.CpuVendor, survey.Virtualization.CpuFlags);
        string[] missing = [.. new[] { vendor == "AuthenticAMD" ? "svm" : "vmx", "lm", "sse4_1" }.Except(flags)];
        return
            spec.HasVirtualMachines
            && survey.Facts.Architecture == "amd64"
            && survey.Virtualization.Kvm != KvmAnswer.Works
            && missing.Length > 0
            ? Warning(
                $"the processor ({vendor}) does not show {string.Join(", ", missing)}, which virtual machines need",
                WhyNoDevice(survey)
            )
            : null;
    }

    /// <summary>Which module drives the processor does not matter where something does.</summary>
    public static PreflightFinding? Modules(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var works = survey.Virtualization.Kvm == KvmAnswer.Works;
        var missing = string.Join(
            ", ",
            survey
                .Virtualization.MissingModules.Except(spec.Host.KernelModules)
                .Where(module => !works || !module.StartsWith("kvm", StringComparison.Ordinal))
        );
        return spec.HasVirtualMachines && missing.Length > 0
            ? Warning(
                $"the kernel modules {missing} are not there, and virtual machines need them",
                survey.Kernel.CanLoadModules
                    ? $"add them to spec.host.kernelModules: [{missing}]"
                    : "use a kernel that has them: this one loads no modules"
            )
            : null;
    }

    public static PreflightFinding? Vsock(MachineSurvey survey, EdgeNodeSpec spec) =>
        spec.HasVirtualMachines && !survey.Virtualization.HasVsock && !spec.Host.KernelModules.Contains("vhost_vsock")
            ? Info(
                "the kernel module vhost_vsock is not there: QEMU's machines cannot be talked to; Cloud Hypervisor and Firecracker bring their own way",
                survey.Kernel.CanLoadModules
                    ? "for QEMU add vhost_vsock to spec.host.kernelModules"
                    : "for QEMU use a kernel that has it"
            )
            : null;

    public static PreflightFinding? Nested(MachineSurvey survey, EdgeNodeSpec spec) =>
        spec.HasVirtualMachines && survey.Virtualization is { IsGuest: true, Kvm: KvmAnswer.Works }
            ? Info(
                "this machine is itself a virtual one: the machines of pods run nested, which is slower",
                "nothing to do"
            )
            : null;

    private static string WhyNoDevice(MachineSurvey survey)
    {
        var virtualization = survey.Virtualization;
        var hasFlag = virtualization.CpuFlags.Contains("vmx") || virtualization.CpuFlags.Contains("svm");
        return hasFlag && survey.Kernel.CanLoadModules
                ? $"run: modprobe {(virtualization.CpuVendor == "AuthenticAMD" ? "kvm_amd" : "kvm_intel")}; if that fails, switch virtualization on in the firmware (BIOS)"
            : survey.Container is not null ? "let the container have /dev/kvm"
            : virtualization.IsGuest
                ? "this machine is itself a virtual one: switch on nested virtualization at its host (for KVM: kvm_intel nested=1 and cpu host-passthrough)"
            : "switch virtualization on in the firmware (BIOS), or use another machine";
    }
}
