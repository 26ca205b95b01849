using Holdfast.Cri.V1;
using Holdfast.Node;
using Holdfast.Node.Probe;

namespace Holdfast.Machine.Tests.NodeRuntimes;

[Collection("machine")]
public sealed class ContainerdComponentTests
{
    [Fact]
    public async Task A_containerd_is_made_probed_and_taken_back()
    {
        await using var node = new PrivateNode();

        var first = await node.ApplyAsync();
        Assert.True(first.Changed >= 4, $"{first}");
        var plan = await node.PlanAsync();
        Assert.False(plan.HasChanges, string.Join('\n', plan.Changes.Select(c => c.Inspection)));
        Assert.Equal(1, node.Services.Starts);

        await using (var runtimes = node.Connect())
        {
            var results = await new RuntimeProbe(runtimes, node.ProbeOptions, TimeProvider.System).RunAsync(
                null,
                default
            );
            Assert.Equal(["runc", "again"], results.Select(r => r.Handler));
            foreach (var result in results)
            {
                Assert.True(result.Ok, string.Join('\n', result.Steps));
                Assert.Equal(
                    ["sandbox", "address", "container", "exec", "log", "cleanup"],
                    result.Steps.Select(s => s.Name)
                );
                Assert.All(result.Steps, s => Assert.True(s.Duration > TimeSpan.Zero));
                Assert.Equal((await PrivateNode.RunAsync("uname", "-r")).Trim(), result.KernelRelease);
                Assert.StartsWith("10.213.77.", result.Address, StringComparison.Ordinal);
            }
            Assert.Empty((await runtimes.Default.ListPodSandboxAsync(new(), default)).Items);
            Assert.Empty((await runtimes.Default.ListContainersAsync(new(), default)).Containers);
            Assert.Empty(Directory.GetDirectories(node.Machine.Paths.PodLogsDirectory));
        }

        var labels = await PrivateNode.RunAsync("ctr", "-n", "k8s.io", "-a", node.Socket, "images", "ls");
        Assert.Contains("holdfast.local/pause:1", labels, StringComparison.Ordinal);
        Assert.Contains("io.cri-containerd.pinned=pinned", labels, StringComparison.Ordinal);

        var undone = await node.UndoAsync();
        Assert.Empty(undone.Notes);
        Assert.False(File.Exists(node.ConfigFile));
        Assert.False((await node.Services.StatusAsync("holdfast-private", default)).IsRunning);
    }

    [Fact]
    public async Task What_a_killed_probe_left_is_removed_by_the_next()
    {
        await using var node = new PrivateNode("{ name: runc }");
        await node.ApplyAsync();
        await using var runtimes = node.Connect();
        var config = new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata
            {
                Name = "left",
                Namespace = "holdfast-probe",
                Uid = "1",
            },
            Labels = { ["holdfast.dev/probe"] = "999999-1", ["holdfast.dev/probe-run"] = "x" },
            Linux = new LinuxPodSandboxConfig(),
        };
        await runtimes.Default.RunPodSandboxAsync(new RunPodSandboxRequest { Config = config }, default);

        var results = await new RuntimeProbe(runtimes, node.ProbeOptions, TimeProvider.System).RunAsync(null, default);

        Assert.True(results.Single().Ok, string.Join('\n', results.Single().Steps));
        Assert.Empty((await runtimes.Default.ListPodSandboxAsync(new(), default)).Items);
    }

    [Fact]
    public async Task A_cancelled_probe_leaves_nothing()
    {
        await using var node = new PrivateNode("{ name: runc }");
        await node.ApplyAsync();
        await using var runtimes = node.Connect();
        foreach (var delay in new[] { 20, 150, 400 })
        {
            using var stop = new CancellationTokenSource(delay);
            var probe = new RuntimeProbe(runtimes, node.ProbeOptions, TimeProvider.System);
            try
            {
                await probe.RunAsync(null, stop.Token);
            }
            catch (OperationCanceledException)
            {
                // As asked.
            }
            var left = await runtimes.Default.ListPodSandboxAsync(new(), default);
            Assert.True(left.Items.Count == 0, $"after {delay} ms: {left}");
        }
    }

    [Fact]
    public async Task A_handler_that_does_not_work_is_told_and_cleaned_up()
    {
        await using var node = new PrivateNode("{ name: runc }, { name: broken, options: { BinaryName: /bin/false } }");
        await node.ApplyAsync();
        await using var runtimes = node.Connect();

        var results = await new RuntimeProbe(runtimes, node.ProbeOptions, TimeProvider.System).RunAsync(null, default);

        Assert.True(results[0].Ok, string.Join('\n', results[0].Steps));
        Assert.False(results[1].Ok);
        Assert.Equal("sandbox", results[1].Steps[0].Name);
        Assert.NotNull(results[1].Steps[0].Error);
        Assert.Empty((await runtimes.Default.ListPodSandboxAsync(new(), default)).Items);
    }

    [Fact]
    public async Task A_configuration_that_containerd_refuses_is_taken_back_with_its_own_words()
    {
        await using var node = new PrivateNode("{ name: runc }");
        Directory.CreateDirectory(Path.GetDirectoryName(node.ConfigFile)!);
        var before = $"""
            # mine
            version = 2
            root = "{Path.GetDirectoryName(node.Socket)}/root"
            state = "{Path.GetDirectoryName(node.Socket)}/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "{node.Socket}"
            [plugins."io.containerd.grpc.v1.cri"]
              stream_idle_timeout = "soon"

            """;
        await File.WriteAllTextAsync(node.ConfigFile, before);
        await node.Services.StartAsync(
            new("holdfast-private", "old", ["/usr/bin/containerd", "--config", node.ConfigFile]),
            default
        );

        var e = await Assert.ThrowsAsync<NodeException>(node.ApplyAsync);

        Assert.Equal(NodeReason.ChangeFailed, e.Reason);
        Assert.Contains("invalid stream idle timeout", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(node.ConfigFile));
        Assert.True((await node.Services.StatusAsync("holdfast-private", default)).IsRunning);
        Assert.True(node.Services.Starts >= 3, "the old configuration was not started again");
    }

    [Theory]
    // Keys of schema 3, which containerd 1.x ignores without a word.
    [InlineData("version = 3", "", "sandbox_image is")]
    // Up to 1.7 an imported file replaces the whole section that Holdfast writes into.
    [InlineData("version = 2", "imports = [\"{dir}/other.toml\"]", "sandbox_image is \"mine/pause:1\" instead of")]
    public async Task What_containerd_does_not_see_is_found_and_taken_back(string version, string imports, string words)
    {
        await using var node = new PrivateNode("{ name: runc }");
        var directory = Path.GetDirectoryName(node.ConfigFile)!;
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(
            Path.Join(directory, "other.toml"),
            "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"mine/pause:1\"\n"
        );
        var before = $"""
            # mine
            {version}
            {imports.Replace("{dir}", directory, StringComparison.Ordinal)}
            root = "{Path.GetDirectoryName(node.Socket)}/root"
            state = "{Path.GetDirectoryName(node.Socket)}/state"
            [grpc]
              address = "{node.Socket}"

            """;
        await File.WriteAllTextAsync(node.ConfigFile, before);
        await node.Services.StartAsync(
            new("holdfast-private", "old", ["/usr/bin/containerd", "--config", node.ConfigFile]),
            default
        );

        var e = await Assert.ThrowsAsync<NodeException>(node.ApplyAsync);

        Assert.Equal(NodeReason.ChangeFailed, e.Reason);
        Assert.Contains("does not read its configuration as intended", e.Message, StringComparison.Ordinal);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(node.ConfigFile));
        Assert.True((await node.Services.StatusAsync("holdfast-private", default)).IsRunning);
        Assert.Empty((await node.PlanAsync()).Leftovers);
    }

    [Fact]
    public async Task A_file_that_is_no_TOML_stops_everything_and_stays()
    {
        await using var node = new PrivateNode("{ name: runc }");
        Directory.CreateDirectory(Path.GetDirectoryName(node.ConfigFile)!);
        await File.WriteAllTextAsync(node.ConfigFile, "version = \n");

        var e = await Assert.ThrowsAsync<NodeException>(node.PlanAsync);

        Assert.Contains("line 1, column 11", e.Message, StringComparison.Ordinal);
        Assert.Equal("version = \n", await File.ReadAllTextAsync(node.ConfigFile));
        Assert.Equal(0, node.Services.Starts);
    }
}
