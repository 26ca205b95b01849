using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Linux;

/// <summary>What the kernel answers to a wish for a virtual machine.</summary>
public enum KvmAnswer
{
    /// <summary>There is no <c>/dev/kvm</c>.</summary>
    Absent,

    /// <summary>This process may not open it.</summary>
    Denied,

    /// <summary>Another hypervisor (VirtualBox, VMware) has the processor's virtualization for itself.</summary>
    Busy,

    /// <summary>It is there and makes no virtual machine.</summary>
    Failed,

    /// <summary>A virtual machine was made, and ended at once.</summary>
    Works,
}

/// <summary>The kernel's hypervisor. Safe from any thread.</summary>
public static class Kvm
{
    public const string Device = "/dev/kvm";

    /// <summary>KVM_CREATE_VM (linux/kvm.h); its argument 0 is the usual kind of machine.</summary>
    private const nuint CreateMachine = 0xAE01;

    /// <summary>Makes a virtual machine without processors and memory and ends it again; takes some 30 ms.</summary>
    public static KvmAnswer Ask(string device = Device)
    {
        var descriptor = Libc.Open(device, Libc.OpenReadWrite | Libc.OpenCloseOnExec, 0);
        if (descriptor < 0)
        {
            return FromErrno(Marshal.GetLastPInvokeError());
        }

        using var kvm = new SafeFileHandle(descriptor, ownsHandle: true);
        var machine = Libc.Ioctl(descriptor, CreateMachine, 0);
        if (machine < 0)
        {
            return FromErrno(Marshal.GetLastPInvokeError());
        }

        new SafeFileHandle(machine, ownsHandle: true).Dispose();
        return KvmAnswer.Works;
    }

    private static KvmAnswer FromErrno(int errno) =>
        errno switch
        {
            // ENODEV, ENXIO: a device file that was made by hand, with no hypervisor behind it.
            Errno.NoEntry or Errno.NotDirectory or Errno.NoDevice or Errno.NoAddress => KvmAnswer.Absent,
            Errno.Perm or Errno.Access => KvmAnswer.Denied,
            Errno.Busy => KvmAnswer.Busy,
            _ => KvmAnswer.Failed,
        };
}
