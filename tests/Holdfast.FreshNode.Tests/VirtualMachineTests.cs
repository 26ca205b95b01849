using System.Text.RegularExpressions;
using Holdfast.FreshNode.Tests.Nodes;

namespace Holdfast.FreshNode.Tests;

/// <summary>
/// What only a machine with a kernel of its own can show: swap of every kind that systemd starts, modules that have to be
/// loaded, one unified control group tree under systemd, a clock of its own.
/// </summary>
public sealed partial class VirtualMachineTests
{
    private const string Kubeconfig = "export KUBECONFIG=/etc/holdfast/admin.conf; ";

    /// <summary>A file in fstab, a swap unit written by hand, and compressed memory by systemd's generator.</summary>
    private const string SwapOfEveryKind = $"""
        set -e
        dd if=/dev/zero of=/swap.file bs=1M count=64 status=none
        chmod 600 /swap.file
        mkswap /swap.file
        printf '# kept by the owner of the site\n/swap.file none swap sw,pri=5 0 0\n' >>/etc/fstab
        mkswap {VirtualMachine.SpareDisk}
        cat >/etc/systemd/system/dev-vdc.swap <<UNIT
        [Unit]
        Description=swap on the second disk
        [Swap]
        What={VirtualMachine.SpareDisk}
        Priority=7
        [Install]
        WantedBy=swap.target
        UNIT
        printf '[zram0]\nzram-size = 128\nswap-priority = 50\n' >/etc/systemd/zram-generator.conf
        systemctl daemon-reload
        systemctl enable --now dev-vdc.swap
        systemctl start dev-zram0.swap swap.file.swap
        """;

    private const string ListSwap = "swapon --show=NAME,TYPE,SIZE,PRIO --noheadings | sort";

    /// <summary>Everything is compiled and run by an emulated processor, beside other tests.</summary>
    private static readonly TimeSpan UpLimit = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task Swap_of_every_kind_stays_off_modules_are_loaded_and_systemd_keeps_the_control_groups()
    {
        await using var machine = await VirtualMachine.StartAsync();
        await machine.RequireAsync(SwapOfEveryKind);
        var swap = await machine.RequireAsync(ListSwap);
        Assert.Equal(["/dev/vdc", "/dev/zram0", "/swap.file"], FirstWords(swap));
        await machine.RequireAsync("! lsmod | grep -E '^(overlay|br_netfilter|bridge) '");
        var before = await machine.ReadStateAsync();

        var output = await machine.RequireAsync("./holdfast up 2>&1", UpLimit);
        Assert.Matches(ProbeOk(), output);
        Assert.Contains($"The node {machine.Name} is Ready", output);
        await ReadBackAsync(machine);
        Assert.Contains("Nothing to change", await machine.RequireAsync("holdfast up"));

        await machine.RebootAsync();
        await machine.WaitUntilAsync(Kubeconfig + "kubectl get node | grep -w Ready", TimeSpan.FromMinutes(2));
        await ReadBackAsync(machine);
        var check = await machine.RequireAsync("holdfast check");
        Assert.Contains("systemd-timesyncd", check);
        Assert.DoesNotContain("CAP_SYS_RESOURCE", check);
        Assert.Matches(ProbeOk(), await machine.RequireAsync("holdfast probe"));
        await AssertPodIsHeldBySystemdAsync(machine);

        await machine.DownAsync(UpLimit);
        await machine.AssertStateAsync(before, line => !IsSwappedTo(line));
        Assert.Equal(swap, await machine.RequireAsync(ListSwap));
        await machine.RequireAsync("! lsmod | grep -E '^(overlay|br_netfilter) '");
        await machine.RequireAsync("! systemctl list-units 'kubepods*' --all --no-legend | grep .");
    }

    /// <summary>With the machine's own programs, as an operator would look.</summary>
    private static async Task ReadBackAsync(VirtualMachine machine)
    {
        await machine.RequireAsync($"test -z \"$({ListSwap})\"");
        // The table of file systems is as it was: the unit that systemd makes from it is masked.
        await machine.RequireAsync("grep -qx '/swap.file none swap sw,pri=5 0 0' /etc/fstab");
        await machine.RequireAsync("test \"$(readlink /etc/systemd/system/swap.file.swap)\" = /dev/null");
        await machine.RequireAsync("grep -q SwapTotal:.*\\ 0\\ kB /proc/meminfo");
        Assert.Equal(
            ["br_netfilter", "overlay"],
            FirstWords(await machine.RequireAsync("lsmod | grep -E '^(overlay|br_netfilter) ' | sort"))
        );
        await machine.RequireAsync(
            "test \"$(sysctl -n net.bridge.bridge-nf-call-iptables net.ipv4.ip_forward | sort -u)\" = 1"
        );
        await machine.RequireAsync("test $(stat -fc %T /sys/fs/cgroup) = cgroup2fs");
        var config = await machine.RequireAsync("containerd config dump");
        Assert.Contains("SystemdCgroup = true", config);
        Assert.Contains("restrict_oom_score_adj = false", config);
        Assert.Equal("running\n", await machine.RequireAsync("systemctl is-system-running"));
    }

    /// <summary>
    /// A pod's limit is a value in the kernel's one tree, its control groups are units of systemd, and none of these stays.
    /// </summary>
    private static async Task AssertPodIsHeldBySystemdAsync(VirtualMachine machine)
    {
        await machine.RequireAsync(
            Kubeconfig
                + "kubectl run held --image=holdfast.local/busybox:1 --restart=Never "
                + "--overrides='{\"spec\":{\"containers\":[{\"name\":\"held\",\"image\":\"holdfast.local/busybox:1\",\"command\":[\"sleep\",\"1000\"],"
                + "\"resources\":{\"limits\":{\"memory\":\"48Mi\",\"cpu\":\"500m\"}}}]}}' "
                + "&& kubectl wait pod/held --for=condition=Ready --timeout=120s"
        );
        await machine.RequireAsync(
            "pid=$(pgrep -xf 'sleep 1000') && group=/sys/fs/cgroup$(cut -d: -f3 /proc/$pid/cgroup) && echo $group "
                + "&& case $group in /sys/fs/cgroup/kubepods.slice/kubepods-*.slice/cri-containerd-*.scope) ;; *) exit 1 ;; esac "
                + "&& test $(cat $group/memory.max) = $((48 << 20)) && test \"$(cat $group/cpu.max)\" = '50000 100000' "
                + "&& systemctl is-active $(basename $group)"
        );
        await machine.RequireAsync(Kubeconfig + "kubectl delete pod held --timeout=120s --grace-period=1");
        await machine.RequireAsync(
            "! systemctl list-units 'kubepods-pod*' 'cri-containerd-*' --all --no-legend | grep ."
        );
    }

    /// <summary>The content of what the kernel writes to is its own.</summary>
    private static bool IsSwappedTo(string line) => line.EndsWith("  ./swap.file", StringComparison.Ordinal);

    private static string[] FirstWords(string lines) =>
        [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];

    [GeneratedRegex(@"containerd +runc +ok +10\.88\.\d+\.\d+")]
    private static partial Regex ProbeOk();
}
