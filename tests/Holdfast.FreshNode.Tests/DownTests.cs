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
        var undo = await node.RunAsync("./holdfast undo");
        Assert.NotEqual(0, undo.ExitCode);
        Assert.Contains("holdfast down", undo.StandardError);
        await node.RequireAsync("./holdfast down --purge");
        await node.AssertStateAsync(before);
        await node.RequireAsync("./holdfast down");
    }

    [Fact]
    public async Task Changes_are_listed_and_the_latest_ones_taken_back()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        Assert.Equal(2, (await node.RunAsync("./holdfast plan")).ExitCode);
        await node.RequireAsync("./holdfast up --no-probe && ./holdfast plan");
        var table = await node.RequireAsync("./holdfast changes");
        Assert.Matches(@"CHANGE +MADE +ADJUSTED +PART +WHAT", table);
        Assert.Matches(@"1 +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +- +program ", table);
        var all = Changes(await node.RequireAsync("./holdfast changes -o json"));

        await node.RequireAsync(
            "printf 'apiVersion: holdfast.dev/v1\\nkind: EdgeNode\\nspec: { host: { kernelModules: [overlay] } }\\n' >/root/n.yaml "
                + "&& ./holdfast up --no-probe -f /root/n.yaml"
        );
        var adjusted = await node.RunAsync("./holdfast undo --last");
        Assert.Equal(1, adjusted.ExitCode);
        Assert.Contains("(kernel modules are loaded at boot)", adjusted.StandardError);
        await node.RequireAsync("./holdfast down --purge && ./holdfast up --no-probe");

        Assert.Contains($"1 change taken back; {all - 1} are left", await node.RequireAsync("./holdfast undo --last"));
        await node.RequireAsync("! systemctl is-active holdfast");
        var plan = await node.RunAsync("./holdfast plan -o json");
        Assert.Equal(2, plan.ExitCode);
        Assert.Single(JsonNode.Parse(plan.StandardOutput)!.AsArray(), step => (string?)step!["state"] == "change");

        await node.RequireAsync("./holdfast undo --to 4");
        Assert.Equal(4, Changes(await node.RequireAsync("./holdfast changes -o json")));
        await node.RequireAsync("! command -v containerd");
        Assert.Equal(64, (await node.RunAsync("./holdfast undo --to 99")).ExitCode);
        Assert.Equal(64, (await node.RunAsync("./holdfast undo --to 2 --last")).ExitCode);

        await node.RequireAsync("./holdfast up --no-probe && ./holdfast check -o json >/dev/null");
        await node.RequireAsync("./holdfast down --purge");
        await node.AssertStateAsync(before);

        static int Changes(string json) => JsonNode.Parse(json)!.AsArray().Count;
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
                    await node.RequireAsync("./holdfast up --no-probe && ./holdfast check");
                }

                // Undo itself may be cut short too, as often as it likes.
                await node.RunAsync($"HOLDFAST_FAULT=undo.after-undo@{time / 2} ./holdfast undo");
                await node.RequireAsync("./holdfast undo && ./holdfast down --purge");
                await node.AssertStateAsync(before);
            }
        }
    }
}
