using Holdfast.FreshNode.Tests.Nodes;
using Holdfast.Linux;

namespace Holdfast.FreshNode.Tests;

/// <summary>Commands that change the machine come one after the other, and undo sees what happens while it looks.</summary>
public sealed class TwoCommandsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Beside_a_running_up_or_down_every_other_command_refuses_and_changes_nothing()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();

        var up = node.RunAsync("./holdfast up --no-probe");
        await node.WaitUntilAsync("test -s /var/lib/holdfast/changes/journal.jsonl", Limit);
        foreach (var verb in (string[])["undo", "down", "down --purge", "up --no-probe"])
        {
            await AssertRefusedAsync(node, verb);
        }

        Assert.False(up.IsCompleted, "up ended before the others had tried");
        var made = await up;
        Assert.True(made.Succeeded, made.StandardError);
        await node.RequireAsync("holdfast check");

        var down = node.RunAsync("cd / && holdfast down --purge");
        await node.WaitUntilAsync("! systemctl is-active holdfast", Limit);
        await AssertRefusedAsync(node, "up --no-probe");
        await AssertRefusedAsync(node, "undo");
        Assert.False(down.IsCompleted, "down ended before the others had tried");
        var ended = await down;
        Assert.True(ended.Succeeded, ended.StandardError);
        await node.AssertStateAsync(before);
    }

    /// <summary>The first look finds no pod; the daemon makes one while it is being stopped, and the second look finds that.</summary>
    [Fact]
    public async Task A_pod_that_comes_while_undo_looks_is_seen_and_the_daemon_runs_again()
    {
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("./holdfast up --no-probe");
        await node.RequireAsync(
            """
            cat >/root/last-pod.sh <<'END'
            #!/bin/sh -e
            export KUBECONFIG=/etc/holdfast/admin.conf PATH=/usr/local/bin:/usr/bin:/bin
            kubectl run last --image=holdfast.local/busybox:1 --restart=Never --command -- sleep 600
            kubectl wait pod/last --for=condition=Ready --timeout=60s
            END
            chmod +x /root/last-pod.sh
            mkdir /etc/systemd/system/holdfast.service.d
            printf '[Service]\nExecStop=/root/last-pod.sh\n' >/etc/systemd/system/holdfast.service.d/last.conf
            systemctl daemon-reload
            """
        );

        var undo = await node.RunAsync("holdfast undo");

        Assert.Equal(1, undo.ExitCode);
        Assert.Contains("a pod of this node runs", undo.StandardError, StringComparison.Ordinal);
        await node.RequireAsync("rm -r /etc/systemd/system/holdfast.service.d && systemctl daemon-reload");
        await node.WaitUntilAsync(
            "systemctl is-active holdfast && holdfast check && KUBECONFIG=/etc/holdfast/admin.conf kubectl wait pod/last --for=condition=Ready --timeout=1s",
            Limit
        );
        await node.DownAsync();
    }

    private static async Task AssertRefusedAsync(NodeUnderTest node, string verb)
    {
        ChildResult result = await node.RunAsync($"./holdfast {verb}");
        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"cannot change this machine: process \d+ is changing it right now", result.StandardError);
    }
}
