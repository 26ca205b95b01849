using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Facts;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>
/// What handlers that make virtual machines need: what <c>kata-runtime check</c> looks at, without Kata. Silent when the
/// document has no such handler. Pure.
/// </summary>
internal static class VirtualizationChecks
{
    public static IEnumerable<PreflightFinding> Kvm(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (VirtualMachines.HandlersOf(spec).FirstOrDefault() is not { } handler)
        {
            return [];
        }

        var cannot = $"the handler {handler} cannot start virtual machines: ";
        return facts.Virtualization.Kvm switch
        {
            KvmAnswer.Absent => [Warning(cannot + "there is no /dev/kvm", WhyNoDevice(facts))],
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

    public static IEnumerable<PreflightFinding> Processor(MachineFacts facts, EdgeNodeSpec spec)
    {
        // What works needs no flags: a hypervisor of another kind (PVM) may stand behind /dev/kvm.
        if (
            !VirtualMachines.AreWanted(spec)
            || facts.Architecture != "amd64"
            || facts.Virtualization.Kvm == KvmAnswer.Works
        )
        {
            yield break;
        }

        var needed = new[] { facts.Virtualization.CpuVendor == "AuthenticAMD" ? "svm" : "vmx", "lm", "sse4_1" };
        var missing = needed.Where(flag => !facts.Virtualization.CpuFlags.Contains(flag)).ToArray();
        if (missing.Length > 0)
        {
            yield return PreflightFinding.Warning(
                FindingId.CpuFlags,
                $"the processor ({facts.Virtualization.CpuVendor}) does not show {string.Join(", ", missing)}, which virtual machines need",
                WhyNoDevice(facts)
            );
        }
    }

    public static IEnumerable<PreflightFinding> Modules(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (!VirtualMachines.AreWanted(spec))
        {
            yield break;
        }

        var missing = facts
            .Virtualization.MissingModules.Where(module => !spec.Host.KernelModules.Contains(module))
            // Which of them drives the processor does not matter where something does.
            .Where(module =>
                facts.Virtualization.Kvm != KvmAnswer.Works || !module.StartsWith("kvm", StringComparison.Ordinal)
            )
            .ToArray();
        if (missing.Length > 0)
        {
            yield return PreflightFinding.Warning(
                FindingId.VmModules,
                $"the kernel modules {string.Join(", ", missing)} are not there, and virtual machines need them",
                facts.Kernel.CanLoadModules
                    ? $"add them to spec.host.kernelModules: [{string.Join(", ", missing)}]"
                    : "use a kernel that has them: this one loads no modules"
            );
        }

        if (!facts.Virtualization.HasVsock && !spec.Host.KernelModules.Contains("vhost_vsock"))
        {
            yield return PreflightFinding.Info(
                FindingId.NoVsock,
                "the kernel module vhost_vsock is not there: QEMU's machines cannot be talked to; Cloud Hypervisor and Firecracker bring their own way",
                facts.Kernel.CanLoadModules
                    ? "for QEMU add vhost_vsock to spec.host.kernelModules"
                    : "for QEMU use a kernel that has it"
            );
        }
    }

    public static IEnumerable<PreflightFinding> Nested(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (VirtualMachines.AreWanted(spec) && facts.Virtualization is { IsGuest: true, Kvm: KvmAnswer.Works })
        {
            yield return PreflightFinding.Info(
                FindingId.NestedVirtualization,
                "this machine is itself a virtual one: the machines of pods run nested, which is slower",
                "nothing to do"
            );
        }
    }

    private static string WhyNoDevice(MachineFacts facts)
    {
        var machine = facts.Virtualization;
        var hasFlag = machine.CpuFlags.Contains("vmx") || machine.CpuFlags.Contains("svm");
        return hasFlag && facts.Kernel.CanLoadModules
                ? $"run: modprobe {(machine.CpuVendor == "AuthenticAMD" ? "kvm_amd" : "kvm_intel")}; if that fails, switch virtualization on in the firmware (BIOS)"
            : facts.Container is not null ? "let the container have /dev/kvm"
            : machine.IsGuest
                ? "this machine is itself a virtual one: switch on nested virtualization at its host (for KVM: kvm_intel nested=1 and cpu host-passthrough)"
            : "switch virtualization on in the firmware (BIOS), or use another machine";
    }

    private static PreflightFinding Warning(string what, string remedy) =>
        PreflightFinding.Warning(FindingId.Kvm, what, remedy);
}
