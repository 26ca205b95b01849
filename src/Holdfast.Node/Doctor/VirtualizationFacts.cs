using Holdfast.Linux;

namespace Holdfast.Node.Doctor;

/// <summary>What virtual machines would stand on.</summary>
public sealed record VirtualizationFacts
{
    /// <summary>As the processor says: <c>GenuineIntel</c>, <c>AuthenticAMD</c>; empty where processors do not say.</summary>
    public string CpuVendor { get; init; } = "";

    /// <summary>Of the flags that matter here (<c>vmx svm lm sse4_1 hypervisor</c>) those that the processor has.</summary>
    public IReadOnlySet<string> CpuFlags { get; init; } = new HashSet<string>();

    /// <summary>Modules that virtual machines need on this architecture and that are not there, see <see cref="NeededModules"/>.</summary>
    public IReadOnlyList<string> MissingModules { get; init; } = [];

    /// <summary>Whether <c>vhost_vsock</c> is there, which hypervisors with vsock of their own (Cloud Hypervisor, Firecracker) do without.</summary>
    public bool HasVsock { get; init; }

    /// <summary>The kernel's answer; null when it was not asked.</summary>
    public KvmAnswer? Kvm { get; init; }

    /// <summary>Whether machines that run here could run machines themselves; null when the kernel does not say.</summary>
    public bool? AllowsNesting { get; init; }

    /// <summary>Whether this machine is itself a virtual one.</summary>
    public bool IsGuest => CpuFlags.Contains("hypervisor");

    private static readonly string[] InterestingFlags = ["vmx", "svm", "lm", "sse4_1", "hypervisor"];

    /// <summary>What <c>kata-runtime check</c> looks for.</summary>
    public static IReadOnlyList<string> NeededModules(string architecture, string cpuVendor) =>
        (architecture, cpuVendor) switch
        {
            ("amd64", "AuthenticAMD") => ["kvm", "kvm_amd", "vhost", "vhost_net"],
            ("amd64", _) => ["kvm", "kvm_intel", "vhost", "vhost_net"],
            _ => ["kvm", "vhost", "vhost_net"],
        };

    /// <param name="askKernel">Make a virtual machine for a moment, which takes some 30 ms.</param>
    internal static VirtualizationFacts Read(Machine machine, string architecture, bool askKernel)
    {
        var (vendor, flags) = ReadProcessor(machine);
        return new VirtualizationFacts
        {
            CpuVendor = vendor,
            CpuFlags = flags,
            MissingModules =
            [
                .. NeededModules(architecture, vendor).Where(module => !machine.Modules.IsPresent(module)),
            ],
            HasVsock = machine.Modules.IsPresent("vhost_vsock"),
            Kvm = askKernel ? Linux.Kvm.Ask(machine.At(Linux.Kvm.Device)) : null,
            AllowsNesting = ReadNesting(machine),
        };
    }

    /// <summary>The first processor of <c>/proc/cpuinfo</c>: <c>flags\t\t: fpu vme ...</c>.</summary>
    private static (string Vendor, HashSet<string> Flags) ReadProcessor(Machine machine)
    {
        var vendor = "";
        var file = machine.At("/proc/cpuinfo");
        foreach (var line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            var value = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            if (line.StartsWith("vendor_id", StringComparison.Ordinal))
            {
                vendor = value;
            }
            else if (line.StartsWith("flags", StringComparison.Ordinal))
            {
                return (vendor, [.. value.Split(' ').Intersect(InterestingFlags)]);
            }
        }

        return (vendor, []);
    }

    private static bool? ReadNesting(Machine machine)
    {
        foreach (var module in (string[])["kvm_intel", "kvm_amd", "kvm"])
        {
            var file = machine.At($"/sys/module/{module}/parameters/nested");
            if (File.Exists(file))
            {
                return File.ReadAllText(file).Trim() is "Y" or "1";
            }
        }

        return null;
    }
}
