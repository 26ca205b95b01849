using Holdfast.Document;
using Holdfast.Linux;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>
/// What handlers that make virtual machines need: what <c>kata-runtime check</c> looks at, without Kata. Silent when the
/// document has no such handler.
///</summary>
internal static class VirtualizationChecks
{
    public static IEnumerable<PreflightFinding> Kvm(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (VirtualMachines.HandlersOf(spec).FirstOrDefault() is not { } handler)
        {
            return [];
        }

        var cannot = $"the handler {handler} cannot start virtual machines: ";
        return survey.Virtualization.Kvm switch
        {
            KvmAnswer.Absent => [Warning(cannot + "there is no /dev/kvm", WhyNoDevice(survey))],
            KvmAnswer.Denied =>
            [
                Warning(
                    cannot + "/dev/kvm may not be opened",
                    "run this as root; in a container let it have the device"
                ),
            ],
            KvmAnswer.Busy =>
            [
                Warning(
                    cannot + "another hypervisor (VirtualBox, VMware) holds the processor's virtualization",
                    "end its machines and unload its modules"
                ),
            ],
            KvmAnswer.Failed =>
            [
                Warning(cannot + "the kernel refused to make one (KVM_CREATE_VM)", "see what dmesg says of kvm"),
            ],
            _ => [],
        };
    }

    public static IEnumerable<PreflightFinding> Processor(MachineSurvey survey, EdgeNodeSpec spec)
    {
        // What works needs no flags: a hypervisor of another kind (PVM) may stand behind /dev/kvm.
        if (
            !VirtualMachines.AreWanted(spec)
            || survey.Facts.Architecture != "amd64"
            || survey.Virtualization.Kvm == KvmAnswer.Works
        )
        {
            yield break;
        }

        var needed = new[] { survey.Virtualization.CpuVendor == "AuthenticAMD" ? "svm" : "vmx", "lm", "sse4_1" };
        var missing = needed.Where(flag => !survey.Virtualization.CpuFlags.Contains(flag)).ToArray();
        if (missing.Length > 0)
        {
            yield return PreflightFinding.Warning(
                FindingId.CpuFlags,
                $"the processor ({survey.Virtualization.CpuVendor}) does not show {string.Join(", ", missing)}, which virtual machines need",
                WhyNoDevice(survey)
            );
        }
    }

    public static IEnumerable<PreflightFinding> Modules(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (!VirtualMachines.AreWanted(spec))
        {
            yield break;
        }

        var missing = survey
            .Virtualization.MissingModules.Where(module => !spec.Host.KernelModules.Contains(module))
            // Which of them drives the processor does not matter where something does.
            .Where(module =>
                survey.Virtualization.Kvm != KvmAnswer.Works || !module.StartsWith("kvm", StringComparison.Ordinal)
            )
            .ToArray();
        if (missing.Length > 0)
        {
            yield return PreflightFinding.Warning(
                FindingId.VmModules,
                $"the kernel modules {string.Join(", ", missing)} are not there, and virtual machines need them",
                survey.Kernel.CanLoadModules
                    ? $"add them to spec.host.kernelModules: [{string.Join(", ", missing)}]"
                    : "use a kernel that has them: this one loads no modules"
            );
        }

        if (!survey.Virtualization.HasVsock && !spec.Host.KernelModules.Contains("vhost_vsock"))
        {
            yield return PreflightFinding.Info(
                FindingId.NoVsock,
                "the kernel module vhost_vsock is not there: QEMU's machines cannot be talked to; Cloud Hypervisor and Firecracker bring their own way",
                survey.Kernel.CanLoadModules
                    ? "for QEMU add vhost_vsock to spec.host.kernelModules"
                    : "for QEMU use a kernel that has it"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Nested(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (VirtualMachines.AreWanted(spec) && survey.Virtualization is { IsGuest: true, Kvm: KvmAnswer.Works })
        {
            yield return PreflightFinding.Info(
                FindingId.NestedVirtualization,
                "this machine is itself a virtual one: the machines of pods run nested, which is slower",
                "nothing to do"
            );
        }
    }

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

    private static PreflightFinding Warning(string what, string remedy) =>
        PreflightFinding.Warning(FindingId.Kvm, what, remedy);
}
