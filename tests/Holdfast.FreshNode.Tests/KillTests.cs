using System.Diagnostics;
using System.Globalization;
using Holdfast.FreshNode.Tests.Nodes;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests;

/// <summary>
/// <c>up</c> and <c>undo</c> are killed at random moments, and the machine is compared byte for byte with the one before.
/// </summary>
public sealed class KillTests
{
    private const string Document = "/root/kill.yaml";

    [Fact]
    public async Task Killed_at_random_moments_up_completes_and_undo_returns()
    {
        var kills = LoopLength.Of(few: 12, many: 300);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        await using var node = await DebianNode.StartAsync();
        await node.RequireAsync("apt-get install -y -q --no-install-recommends containerd >/dev/null 2>&1");
        await node.RequireAsync(
            "apt-get install -y -q --no-install-recommends containernetworking-plugins iptables busybox-static >/dev/null 2>&1"
        );
        await File.WriteAllTextAsync(
            node.Root + Document,
            "apiVersion: holdfast.dev/v1\nkind: EdgeNode\nspec:\n  host: { sysctl: { net.ipv4.tcp_keepalive_time: 600 } }\n"
        );

        // What containerd writes at its first start, and the time that one run takes.
        await node.RequireAsync($"./holdfast up --no-probe -f {Document} && holdfast undo && ./holdfast down --purge");
        var before = await node.ReadStateAsync();
        var since = Stopwatch.StartNew();
        await node.RequireAsync($"./holdfast up --no-probe -f {Document}");
        var upTakes = since.Elapsed.TotalSeconds;
        since.Restart();
        await node.RequireAsync("holdfast undo");
        var undoTakes = since.Elapsed.TotalSeconds;

        var (killed, ended) = (0, 0);
        for (var turn = 0; killed + ended < kills; turn++)
        {
            var told = $"seed {seed.ToString(CultureInfo.InvariantCulture)}, turn {turn}";
            await KillAsync($"./holdfast up --no-probe -f {Document}", upTakes);
            if (random.Next(2) == 0)
            {
                await RequireAsync($"./holdfast up --no-probe -f {Document} && holdfast check -f {Document}", told);
            }

            await KillAsync("./holdfast undo", undoTakes);
            await RequireAsync("./holdfast undo && ./holdfast down --purge", told);
            await node.AssertStateAsync(before, IsNotContainerds);
        }

        LoopLength.Tell(
            $"kills of up and undo: {killed} in the middle, {ended} after the end, 0 differences (seed {seed})"
        );

        async Task KillAsync(string command, double takes)
        {
            var after = (random.NextDouble() * takes).ToString("0.000", CultureInfo.InvariantCulture);
            var result = await node.RunAsync($"timeout -s KILL {after} {command}");
            _ = result.ExitCode == 137 ? killed++ : ended++;
        }

        async Task RequireAsync(string script, string told)
        {
            var result = await node.RunAsync(script);
            Assert.True(result.Succeeded, $"{told}: {script}\n{result.StandardOutput}\n{result.StandardError}");
        }
    }

    /// <summary>A containerd that was there before writes its databases at every start.</summary>
    private static bool IsNotContainerds(string line) =>
        !line.Contains(" ./var/lib/containerd/", StringComparison.Ordinal);
}
