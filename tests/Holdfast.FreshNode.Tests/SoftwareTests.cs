using Holdfast.FreshNode.Tests.Nodes;
using Holdfast.FreshNode.Tests.Upstream;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests;

/// <summary>Software from archives and bundles on a whole node: a version that does not work, and no network at all.</summary>
public sealed class SoftwareTests
{
    private const string Kubeconfig = "export KUBECONFIG=/etc/holdfast/admin.conf;";

    /// <summary>Each container with its start: the same after as before when nothing was restarted.</summary>
    private const string Containers =
        " kubectl get pod -o jsonpath='{range .items[*].status.containerStatuses[*]}{.containerID} {.state.running.startedAt}{end}'";

    private const string Containerd2 = """
        apiVersion: holdfast.dev/v1
        kind: EdgeNode
        spec:
          runtimes:
            - name: containerd
              install:
                archive:
                  url: https://github.com/containerd/containerd/releases/download/v2.1.0/containerd-2.1.0-linux-amd64.tar.gz
                  sha256Url: https://github.com/containerd/containerd/releases/download/v2.1.0/containerd-2.1.0-linux-amd64.tar.gz.sha256sum

        """;

    [Fact]
    public async Task A_version_that_runs_no_pods_is_rolled_back_and_the_one_before_runs_them_again()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await WriteAsync(node, "/root/old.yaml", PluginsOf("v0.8.2"));
        await WriteAsync(node, "/root/new.yaml", PluginsOf("v0.9.0"));
        await node.RequireAsync("./holdfast up -f /root/old.yaml");
        var plugin = await node.RequireAsync("sha256sum /opt/cni/bin/*");

        var upgrade = await node.RunAsync("holdfast up -f /root/new.yaml");
        Assert.Equal(1, upgrade.ExitCode);
        Assert.Contains("the version before is back and runs pods", upgrade.StandardError);
        Assert.Equal(plugin, await node.RequireAsync("sha256sum /opt/cni/bin/*"));
        Assert.Contains("Nothing to change", await node.RequireAsync("holdfast up"));
        await node.RequireAsync("holdfast probe");
        await node.DownAsync();
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task Containerd_of_the_distribution_becomes_containerd_2_under_a_running_pod_and_all_goes_back()
    {
        await using var node = await DebianNode.StartAsync();
        var before = await node.ReadStateAsync();
        await node.RequireAsync("./holdfast up");
        await node.RequireAsync($"{Kubeconfig} kubectl apply -f examples/hello.yaml");
        await node.RequireAsync($"{Kubeconfig} kubectl wait --for=condition=Ready pod --all --timeout=60s");
        var running = await node.RequireAsync(Kubeconfig + Containers);

        await WriteAsync(node, "/root/new.yaml", Containerd2);
        await node.RequireAsync("holdfast up -f /root/new.yaml");
        Assert.Contains("Nothing to change", await node.RequireAsync("holdfast up"));
        Assert.Equal(
            await node.RequireAsync("readlink -f /usr/local/bin/containerd"),
            await node.RequireAsync("readlink /proc/$(systemctl show -P MainPID containerd)/exe")
        );
        // The package's file is of version 2 and stays so; what is merged into it is of the same version.
        await node.RequireAsync(
            "grep -x 'version = 2' /etc/containerd/config.toml /etc/containerd/conf.d/20-holdfast.toml"
        );
        await node.WaitUntilAsync(
            $"{Kubeconfig} kubectl get node -o wide | grep -w Ready | grep containerd://2",
            TimeSpan.FromSeconds(30)
        );
        Assert.Equal(running, await node.RequireAsync(Kubeconfig + Containers));
        await node.RequireAsync($"{Kubeconfig} kubectl delete -f examples/hello.yaml");

        await node.RebootAsync();
        await node.WaitUntilAsync($"{Kubeconfig} kubectl get node | grep -w Ready", TimeSpan.FromSeconds(60));
        await node.RequireAsync("holdfast check && holdfast probe");
        await node.DownAsync();
        await node.AssertStateAsync(before);
    }

    [Fact]
    public async Task A_bundle_makes_a_machine_without_network_and_without_packages_a_node()
    {
        await using var node = await DebianNode.StartAsync();
        var document = await WriteAsync(node, "/root/node.yaml", PluginsOf("v0.8.2"));
        await RequiredCommand.RunAsync(
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
        Assert.Contains("Nothing to change", await node.RequireAsync("holdfast up"));
        await node.DownAsync();
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
