using Holdfast.FreshNode.Tests.Nodes;
using Holdfast.FreshNode.Tests.Upstream;
using Holdfast.Linux;

namespace Holdfast.FreshNode.Tests;

/// <summary>Software from archives and bundles on a whole node: a version that does not work, and no network at all.</summary>
public sealed class SoftwareTests
{
    [Fact]
    public async Task A_version_that_runs_no_pods_is_rolled_back_and_the_one_before_runs_them_again()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await WriteAsync(node, "/root/old.yaml", PluginsOf("v0.8.2"));
        await WriteAsync(node, "/root/new.yaml", PluginsOf("v0.9.0"));
        await node.RequireAsync("./holdfast up -f /root/old.yaml");
        var plugin = await node.RequireAsync("sha256sum /opt/cni/bin/*");

        var upgrade = await node.RunAsync("./holdfast up -f /root/new.yaml");
        Assert.Equal(1, upgrade.ExitCode);
        Assert.Contains("the version before is back and runs pods", upgrade.StandardError);
        Assert.Equal(plugin, await node.RequireAsync("sha256sum /opt/cni/bin/*"));
        Assert.Contains("Nothing to change", await node.RequireAsync("./holdfast up"));
        await node.RequireAsync("./holdfast probe && ./holdfast down --purge");
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task A_bundle_makes_a_machine_without_network_and_without_packages_a_node()
    {
        await using var node = await DebianNode.StartAsync();
        var document = await WriteAsync(node, "/root/node.yaml", PluginsOf("v0.8.2"));
        await ChildProcess.RequireAsync(
            "cannot make the bundle",
            new ChildCommand(
                Path.Join(Repository.Root, "holdfast"),
                "bundle",
                "-f",
                document,
                "-o",
                node.Root + "/root/node.bundle"
            ),
            TimeSpan.FromMinutes(2)
        );
        await node.RequireAsync("rm -rf /var/cache/apt/archives/*.deb /var/lib/apt/lists/*; ip link set host0 down");
        var before = await node.ReadStateAsync();

        var without = await node.RunAsync("./holdfast up -f /root/node.yaml");
        Assert.Equal(1, without.ExitCode);
        var output = await node.RequireAsync("./holdfast up -f /root/node.yaml --bundle /root/node.bundle");
        Assert.Matches("containerd +runc +ok", output);
        await node.RequireAsync("rm /root/node.bundle");
        Assert.Contains("Nothing to change", await node.RequireAsync("./holdfast up"));
        await node.RequireAsync("./holdfast down --purge");
        await node.AssertStateAsync(before);
    }

    private static string PluginsOf(string version)
    {
        var archive =
            $"https://github.com/containernetworking/plugins/releases/download/{version}/cni-plugins-linux-amd64-{version}.tgz";
        return $"""
            apiVersion: holdfast.dev/v1
            kind: EdgeNode
            spec:
              network:
                plugins: {"{"} archive: {"{"} url: "{archive}", sha256Url: "{archive}.sha256" {"}"} {"}"}

            """;
    }

    private static async Task<string> WriteAsync(DebianNode node, string path, string document)
    {
        var mirror = await UpstreamMirror.GetAsync();
        await File.WriteAllTextAsync(node.Root + path, mirror.Redirect(document));
        return node.Root + path;
    }
}
