using Holdfast.FreshNode.Tests.Nodes;

namespace Holdfast.FreshNode.Tests;

/// <summary>What people's machines have around Holdfast: a hardened umask, cron's environment, a VPN's route, other tools at work.</summary>
public sealed class SurroundingsTests
{
    /// <summary>As cron starts it, from <c>/</c>, by a root whose files are nobody else's.</summary>
    private const string AsCron = "umask 027; cd /; export PATH=/usr/bin:/bin; ";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Up_and_down_work_from_cron_beside_a_VPN_and_another_apt()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("ip route add 10.0.0.0/8 dev host0");
        var before = await node.ReadStateAsync();
        var named = await node.RunAsync(
            "printf 'apiVersion: holdfast.dev/v1\\nkind: EdgeNode\\nspec: { network: { bridge: { subnet: 10.88.0.0/16 } } }\\n' | ./holdfast up -f -"
        );
        Assert.Equal(1, named.ExitCode);
        Assert.Contains("overlaps 10.0.0.0/8", named.StandardError);
        Assert.Contains("spec.network.bridge.subnet: 172.16.0.0/16", named.StandardError);

        // Another tool installs a package at the same time, and holds the lock for a while.
        await node.RequireAsync(
            "(apt-get -o DPkg::Pre-Invoke::='touch /run/apt-began; sleep 30' install -y -q zstd >/run/apt.log 2>&1; echo $? >/run/apt-ended) & "
                + "until [ -e /run/apt-began ]; do sleep 0.1; done"
        );
        var up = await node.RequireAsync(AsCron + "/root/holdfast/holdfast up 2>&1", Limit);
        Assert.Contains($"The node {node.Name} is Ready", up);
        Assert.Contains("working ", up);
        Assert.Contains("pods get addresses of 172.16.0.0/16", up);
        await node.RequireAsync("grep -q 172.16.0.0/16 /etc/cni/net.d/10-holdfast.conflist");
        await node.RequireAsync("test $(cat /run/apt-ended) = 0");
        await node.RequireAsync(
            "test \"$(stat -c %a /usr/local/lib/holdfast /etc/cni /etc/cni/net.d | sort -u)\" = 755"
        );
        await node.RequireAsync(AsCron + "/usr/local/bin/holdfast check && /usr/local/bin/holdfast probe");

        // What is configured stays when the machine's routes are others.
        await node.RequireAsync("ip route del 10.0.0.0/8 dev host0 && ip route add 172.16.0.0/12 dev host0 metric 9");
        Assert.Contains("Nothing to change", await node.RequireAsync(AsCron + "/usr/local/bin/holdfast up"));

        // A runtime that somebody stopped is started by up, and is no obstacle for down.
        await node.RequireAsync("systemctl stop containerd");
        await node.RequireAsync(AsCron + "/usr/local/bin/holdfast up");
        await node.RequireAsync("systemctl is-active containerd && systemctl stop containerd");
        await node.RequireAsync(AsCron + "/usr/local/bin/holdfast down --purge");

        // What the other tool brought is not Holdfast's to take away.
        await node.RequireAsync("command -v zstd");
        await node.AssertStateAsync(before, line => !line.Contains("zstd", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("trixie", nameof(NodeKind.Systemd))]
    [InlineData("sid", nameof(NodeKind.Bare))]
    public async Task Later_releases_of_Debian_become_nodes_too(string release, string kind)
    {
        await using var node = await DebianNode.StartAsync(Enum.Parse<NodeKind>(kind), release);
        var before = await node.ReadStateAsync();
        Assert.Contains($"The node {node.Name} is Ready", await node.RequireAsync("./holdfast up 2>&1", Limit));
        Assert.Contains("Nothing to change", await node.RequireAsync("cd / && holdfast up"));
        await node.DownAsync();
        await node.AssertStateAsync(before);
    }
}
