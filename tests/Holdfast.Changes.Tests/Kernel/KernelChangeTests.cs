using Holdfast.Changes.Files;
using Holdfast.Changes.Kernel;
using Holdfast.Changes.Services;
using Holdfast.Linux;

namespace Holdfast.Changes.Tests.Kernel;

public sealed class KernelChangeTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task Parameter_is_set_live_and_set_back()
    {
        node.Write("/proc/sys/net/ipv4/ip_forward", "0\n");
        await node.ApplyAsync(new SysctlChange("net.ipv4.ip_forward", "1"));
        Assert.Equal("1\n", node.Read("/proc/sys/net/ipv4/ip_forward"));
        await node.UndoAsync();
        Assert.Equal("0\n", node.Read("/proc/sys/net/ipv4/ip_forward"));
    }

    [Fact]
    public async Task Parameter_that_someone_else_set_since_stays()
    {
        node.Write("/proc/sys/vm/thing", "0\n");
        await node.ApplyAsync(new SysctlChange("vm.thing", "1"));
        node.Write("/proc/sys/vm/thing", "7\n");
        var result = await node.UndoAsync();
        Assert.Equal("7\n", node.Read("/proc/sys/vm/thing"));
        Assert.Contains("vm.thing", Assert.Single(result.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Values_are_compared_without_regard_to_white_space()
    {
        node.Write("/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
        var inspection = await new SysctlChange("net.ipv4.tcp_rmem", "4096 131072  6291456").InspectAsync(
            node.Machine,
            TemporaryMachine.Never
        );
        Assert.True(inspection.IsAsWanted);
    }

    [Fact]
    public async Task Unknown_parameter_fails_with_its_name()
    {
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            node.ApplyAsync(new SysctlChange("net.no.such", "1"))
        );
        Assert.Contains("net.no.such", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sys/module/br_netfilter/refcnt", "0", "br_netfilter")]
    [InlineData("/proc/filesystems", "nodev\tproc\nnodev\toverlay\n", "overlay")]
    [InlineData("/proc/sys/net/bridge/bridge-nf-call-iptables", "1", "br_netfilter")]
    [InlineData("/proc/sys/net/bridge/bridge-nf-call-iptables", "1", "br-netfilter")]
    public async Task Module_counts_as_present_by_any_trace(string file, string content, string module)
    {
        node.Write(file, content);
        Assert.True(
            (await new KernelModuleChange(module).InspectAsync(node.Machine, TemporaryMachine.Never)).IsAsWanted
        );
    }

    [Fact]
    public async Task Module_built_into_the_kernel_counts_as_present()
    {
        node.Write("/proc/sys/kernel/osrelease", "6.1.0-test\n");
        node.Write(
            "/lib/modules/6.1.0-test/modules.builtin",
            "kernel/fs/overlayfs/overlay.ko\nkernel/drivers/net/vxlan.ko\n"
        );
        Assert.True(
            (await new KernelModuleChange("vxlan").InspectAsync(node.Machine, TemporaryMachine.Never)).IsAsWanted
        );
    }

    [Fact]
    public async Task Module_is_loaded_and_unloaded_again()
    {
        node.Answer("modprobe vxlan", effect: () => node.Write("/sys/module/vxlan/refcnt", "0"));
        node.Answer("modprobe -r vxlan", effect: () => Directory.Delete(node.Machine.At("/sys/module/vxlan"), true));
        await node.ApplyAsync(new KernelModuleChange("vxlan"));
        await node.UndoAsync();
        Assert.Equal(["modprobe vxlan", "modprobe -r vxlan"], node.CommandsRun);
    }

    [Fact]
    public async Task Module_that_cannot_be_loaded_says_what_to_do()
    {
        node.Answer(
            "modprobe",
            exitCode: 1,
            error: "modprobe: FATAL: Module kvm_x not found in directory /lib/modules/6\n"
        );
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.ApplyAsync(new KernelModuleChange("kvm_x")));
        Assert.StartsWith(
            "cannot load the kernel module kvm_x: modprobe: FATAL",
            failure.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("spec.host.kernelModules", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Swap_is_switched_off_and_on_again_with_its_priority()
    {
        const string heading = "Filename\tType\tSize\tUsed\tPriority\n";
        node.Write("/proc/swaps", heading + "/dev/sda2  partition\t1\t0\t-2\n/swap\\040file file\t1\t0\t5\n");
        node.Answer("swapoff", effect: () => node.Write("/proc/swaps", heading));
        node.Answer(
            "swapon",
            effect: () => node.Write("/proc/swaps", heading + "/dev/sda2 partition 1 0 -2\n/swap\\040file file 1 0 5\n")
        );
        await node.ApplyAsync(new SwapChange());
        await node.UndoAsync();
        Assert.Equal(
            ["swapoff /dev/sda2", "swapoff /swap file", "swapon /dev/sda2", "swapon -p 5 /swap file"],
            node.CommandsRun
        );
    }

    [Fact]
    public async Task Zram_that_a_service_makes_again_is_swapped_to_when_the_service_runs()
    {
        const string heading = "Filename\tType\tSize\tUsed\tPriority\n";
        node.Write("/proc/swaps", heading + "/dev/zram0 partition 1 0 100\n");
        node.Answer("swapoff", effect: () => node.Write("/proc/swaps", heading));
        var isBack = false;
        node.Answer("swapon", _ => new ChildResult(isBack ? 0 : 255, "", "swapon: cannot open /dev/zram0\n"));
        await node.ApplyAsync(new SwapChange());

        var result = await node.UndoAsync();
        Assert.Contains("/dev/zram0", Assert.Single(result.Failures), StringComparison.Ordinal);

        isBack = true;
        node.Write("/proc/swaps", heading + "/dev/zram0 partition 1 0 100\n");
        await node.ApplyAsync(new SwapChange());
        Assert.Empty((await node.UndoAsync()).Failures);
    }

    [Theory]
    [InlineData("/run/systemd/generator/dev-zram0.swap", "dev-zram0.swap")]
    [InlineData("/etc/systemd/system/swapfile.swap", "swapfile.swap")]
    [InlineData("/usr/lib/systemd/system/zramswap.service", "zramswap.service")]
    public async Task Unit_that_makes_swap_is_masked_and_comes_back_byte_for_byte(string file, string unit)
    {
        node.Write(file, "[Unit]\nDescription=swap\n");
        node.Write("/etc/systemd/system/other.service", "");
        node.Answer("systemctl");
        var before = node.Snapshot();

        await node.ApplyAsync(new MaskedUnitChange(unit));

        Assert.Equal("/dev/null", new FileInfo(node.Machine.At($"/etc/systemd/system/{unit}")).LinkTarget);
        Assert.Equal(
            unit.EndsWith(".service", StringComparison.Ordinal),
            node.CommandsRun.Contains($"systemctl stop {unit}")
        );

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
        Assert.Equal(["systemctl daemon-reload", $"systemctl start {unit}"], node.CommandsRun.Distinct().TakeLast(2));
    }

    [Fact]
    public async Task Unit_that_did_not_run_is_not_started_by_undo()
    {
        node.Write("/usr/lib/systemd/system/swapspace.service", "");
        node.Answer("systemctl");
        node.Answer("systemctl is-active", exitCode: 3);
        await node.ApplyAsync(new MaskedUnitChange("swapspace.service"));
        await node.UndoAsync();
        Assert.DoesNotContain("systemctl start swapspace.service", node.CommandsRun);
    }
}
