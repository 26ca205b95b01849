using Holdfast.FreshNode.Tests.Nodes;

namespace Holdfast.FreshNode.Tests;

/// <summary>The harness itself: what it boots is a fresh machine.</summary>
public sealed class DebianNodeTests
{
    [Fact]
    public async Task A_systemd_node_boots_reboots_and_can_install_packages_without_a_network()
    {
        await using var node = await DebianNode.StartAsync();
        Assert.Equal("systemd\n", await node.RequireAsync("cat /proc/1/comm"));
        await node.RequireAsync(
            "! command -v containerd && mkdir /sys/fs/cgroup/memory/x && rmdir /sys/fs/cgroup/memory/x"
        );
        await node.RebootAsync();
        await node.RequireAsync($"ip -br addr show host0 | grep {node.Address}");
        await node.RequireAsync("apt-get install -y -q --no-install-recommends busybox-static && test -x /bin/busybox");
    }

    [Fact]
    public async Task A_bare_node_has_neither_systemd_nor_the_capability_to_change_limits()
    {
        await using var node = await DebianNode.StartAsync(NodeKind.Bare);
        await node.RequireAsync("! test -d /run/systemd/system && ip -br addr show host0");
        var bounds = Convert.ToUInt64((await node.RequireAsync("awk '/CapBnd/ {print $2}' /proc/1/status")).Trim(), 16);
        Assert.Equal(0UL, bounds & (1UL << 24));
    }
}
