using System.Text.Json.Nodes;
using Holdfast.FreshNode.Tests.Nodes;

namespace Holdfast.FreshNode.Tests;

/// <summary>What was changed is put back, also when the change was cut short.</summary>
public sealed class DownTests
{
    [Theory]
    [InlineData(nameof(NodeKind.Systemd))]
    [InlineData(nameof(NodeKind.Bare))]
    public async Task Down_puts_every_file_back(string kind)
    {
        await using var node = await DebianNode.StartAsync(Enum.Parse<NodeKind>(kind));
        var before = await node.ReadStateAsync();
        await node.RequireAsync("./holdfast up --no-probe");
        await node.RequireAsync(
            "export KUBECONFIG=/etc/holdfast/admin.conf; kubectl apply -f examples/hello.yaml "
                + "&& kubectl wait deployment/hello --for=condition=Available --timeout=60s"
        );
        var undo = await node.RunAsync("holdfast undo");
        Assert.NotEqual(0, undo.ExitCode);
        Assert.Contains("holdfast down", undo.StandardError);
        await node.DownAsync();
        await node.AssertStateAsync(before);
        Assert.Contains("Nothing to do", await node.RequireAsync("./holdfast down"));
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task Changes_are_listed_and_up_returns_to_the_document_before()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        Assert.Equal(2, (await node.RunAsync("./holdfast plan")).ExitCode);
        await node.RequireAsync("./holdfast up --no-probe && holdfast plan");
        var table = await node.RequireAsync("holdfast changes");
        Assert.Matches(@"CHANGE +MADE +ADJUSTED +PART +WHAT", table);
        Assert.Matches(@"1 +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +- +program ", table);
        Assert.NotEmpty(JsonNode.Parse(await node.RequireAsync("holdfast changes -o json"))!.AsArray());

        await node.RequireAsync(
            "printf 'apiVersion: holdfast.dev/v1\\nkind: EdgeNode\\nspec: { host: { sysctl: { net.ipv4.tcp_keepalive_time: 600 } } }\\n' >/root/n.yaml "
                + "&& holdfast up --no-probe -f /root/n.yaml && test $(sysctl -n net.ipv4.tcp_keepalive_time) = 600"
        );
        await node.RequireAsync("holdfast up --no-probe --previous");
        await node.RequireAsync("test $(sysctl -n net.ipv4.tcp_keepalive_time) != 600 && holdfast check");
        await node.RequireAsync("holdfast up --no-probe --previous");
        await node.RequireAsync("test $(sysctl -n net.ipv4.tcp_keepalive_time) = 600 && holdfast check -o json");

        // A proof that failed is not forgotten.
        await node.RequireAsync("mv /usr/sbin/runc /root/runc");
        Assert.Equal(1, (await node.RunAsync("holdfast up --previous")).ExitCode);
        var again = await node.RunAsync("holdfast up");
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("cannot run pods with runc", again.StandardError);
        await node.RequireAsync("mv /root/runc /usr/sbin/runc");
        Assert.Contains("Nothing to change", await node.RequireAsync("holdfast up 2>&1"));
        Assert.DoesNotContain("running a pod", await node.RequireAsync("holdfast up 2>&1"));
        await node.DownAsync();
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task Killed_at_any_fault_point_up_completes_and_undo_returns()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        foreach (
            var fault in (string[])["apply.after-record", "apply.after-do", "apply.after-mark", "file.before-rename"]
        )
        {
            // up writes fewer files than it takes steps.
            foreach (var time in fault == "file.before-rename" ? (int[])[2, 5, 8] : [2, 8, 15])
            {
                var killed = await node.RunAsync($"HOLDFAST_FAULT={fault}@{time} ./holdfast up --no-probe");
                Assert.True(killed.ExitCode == 137, $"{fault}@{time} was not reached: {killed.StandardError}");

                // Every third time undo goes straight from the crash, without the up that completes.
                if (time != 8)
                {
                    await node.RequireAsync("./holdfast up --no-probe && holdfast check");
                }

                // Undo itself may be cut short too, as often as it likes.
                await node.RunAsync($"HOLDFAST_FAULT=undo.after-undo@{time / 2} ./holdfast undo");
                await node.RequireAsync("./holdfast undo && ./holdfast down --purge");
                await node.AssertStateAsync(before);
            }
        }
    }
}
