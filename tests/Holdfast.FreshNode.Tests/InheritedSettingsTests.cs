using Holdfast.FreshNode.Tests.Nodes;

namespace Holdfast.FreshNode.Tests;

/// <summary>Whoever starts the program: a hardened root, cron, a shell in any directory.</summary>
public sealed class InheritedSettingsTests
{
    private const string FromCron = "cd / && umask 027 && exec env -i HOME=/root PATH=/usr/bin:/bin ";

    [Fact]
    public async Task A_strict_umask_and_crons_path_change_nothing_of_what_up_and_down_do()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await node.RequireAsync($"program=$PWD/.build/bin/holdfast; {FromCron} $program up");
        var closed = await node.RequireAsync(
            "find /usr/local/lib/holdfast /etc/cni /etc/containerd /etc/modules-load.d -type d ! -perm -005 -print"
        );
        Assert.Equal("", closed.Trim());
        await node.RequireAsync($"program=$PWD/.build/bin/holdfast; {FromCron} $program down --purge");
        await node.AssertStateAsync(before);
    }
}
