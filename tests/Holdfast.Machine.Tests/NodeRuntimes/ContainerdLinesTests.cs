using Holdfast.Node;
using Holdfast.Node.Probe;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.NodeRuntimes;

/// <summary>
/// Real containerds of three lines, each over the configuration files that people have: they must see what was meant, and
/// run pods with it.
/// </summary>
[Collection("machine")]
public sealed class ContainerdLinesTests(UpstreamArchive archives) : IClassFixture<UpstreamArchive>
{
    private const string Nothing = "";

    private const string Dockers = """
        #   Copyright 2018-2022 Docker Inc.
        disabled_plugins = ["cri"]
        #root = "/var/lib/containerd"

        """;

    private const string Schema1 = """
        # from the time of containerd 1.2
        [plugins.cri]
          sandbox_image = "k8s.gcr.io/pause:3.1"   # the old one
          systemd_cgroup = true
          [plugins.cri.containerd.runtimes.mine]
            runtime_type = "io.containerd.runc.v2"

        """;

    /// <summary>Without a version, plugins are called by short names, which no other version of the file may do.</summary>
    private const string ShortNames = """
        disabled_plugins = ["cri", "btrfs"]

        """;

    private const string Schema2 = """
        version = 2
        # by hand
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "registry.k8s.io/pause:3.6"
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/nowhere"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.mine]
            runtime_type = "io.containerd.runc.v2"   # mine
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.mine.options]
              SystemdCgroup = true

        """;

    private const string Schema3 = """
        version = 3
        # by hand
        [plugins.'io.containerd.cri.v1.images'.pinned_images]
          sandbox = 'registry.k8s.io/pause:3.10'
        [plugins.'io.containerd.cri.v1.runtime'.cni]
          bin_dir = '/nowhere'
        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.mine]
          runtime_type = 'io.containerd.runc.v2'
          [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.mine.options]
            SystemdCgroup = true

        """;

    public static TheoryData<string, string> Starts =>
        new()
        {
            { Containerds.V1_6, Schema1 },
            { Containerds.V1_6, ShortNames },
            { Containerds.V1_7, Dockers },
            { Containerds.V1_7, ShortNames },
            { Containerds.V1_7, Schema2 },
            { Containerds.V2, Nothing },
            { Containerds.V2, Dockers },
            { Containerds.V2, ShortNames },
            { Containerds.V2, Schema1 },
            { Containerds.V2, Schema2 },
            { Containerds.V2, Schema3 },
        };

    [Theory]
    [MemberData(nameof(Starts))]
    public async Task It_runs_pods_over_any_configuration_and_gives_it_back(string line, string config)
    {
        var install = await archives.ContainerdAsync(line);
        await using var node = new PrivateNode("{ name: runc }, { name: again }", install, hasOwnSoftware: true);
        if (config.Length > 0)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(node.ConfigFile)!);
            await File.WriteAllTextAsync(node.ConfigFile, config);
        }

        await node.ApplyAsync();

        Assert.False((await node.PlanAsync()).HasChanges);
        await RunsPodsAsync(node, line, ["runc", "again"]);
        Assert.Empty((await node.UndoAsync()).Notes);
        Assert.Equal(config, File.Exists(node.ConfigFile) ? await File.ReadAllTextAsync(node.ConfigFile) : "");
    }

    /// <summary>containerd 2 merges what other people's files say of their own handlers with what Holdfast says.</summary>
    [Fact]
    public async Task A_handler_in_the_file_of_somebody_else_has_the_same_control_groups()
    {
        var install = await archives.ContainerdAsync(Containerds.V2);
        await using var node = new PrivateNode("{ name: runc }", install, hasOwnSoftware: true);
        var directory = Directory
            .CreateDirectory(Path.Join(Path.GetDirectoryName(node.ConfigFile)!, "conf.d"))
            .FullName;
        await File.WriteAllTextAsync(node.ConfigFile, "version = 3\nimports = [\"conf.d/*.toml\"]\n");
        await File.WriteAllTextAsync(
            Path.Join(directory, "10-mine.toml"),
            "version = 3\n"
                + Schema3[
                    Schema3.IndexOf(
                        "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.mine]",
                        StringComparison.Ordinal
                    )..
                ]
        );

        await node.ApplyAsync();

        Assert.False((await node.PlanAsync()).HasChanges);
        await RunsPodsAsync(node, Containerds.V2, ["runc"]);
        var ours = await File.ReadAllTextAsync(Path.Join(directory, "20-holdfast.toml"));
        Assert.Contains("runtimes.mine.options]\nSystemdCgroup = false\n", ours, StringComparison.Ordinal);
        Assert.Empty((await node.UndoAsync()).Notes);
    }

    /// <summary>Where the file system cannot do overlayfs, nothing may ask for it: neither the pods nor who brings the images.</summary>
    [Theory]
    [InlineData(Containerds.V1_6)]
    [InlineData(Containerds.V1_7)]
    [InlineData(Containerds.V2)]
    public async Task It_runs_pods_without_overlayfs(string line)
    {
        var install = await archives.ContainerdAsync(line);
        await using var node = new PrivateNode("{ name: runc }", install, hasOwnSoftware: true);
        node.More = "snapshotter: native";
        node.Parse("{ name: runc }");
        Directory.CreateDirectory(Path.GetDirectoryName(node.ConfigFile)!);
        await File.WriteAllTextAsync(
            node.ConfigFile,
            "version = 2\ndisabled_plugins = [\"io.containerd.snapshotter.v1.overlayfs\"]\n"
        );

        await node.ApplyAsync();

        Assert.False((await node.PlanAsync()).HasChanges);
        await RunsPodsAsync(node, line, ["runc"]);
        Assert.Empty((await node.UndoAsync()).Notes);
    }

    [Fact]
    public async Task It_is_upgraded_over_two_lines_and_each_is_proven()
    {
        await using var node = new PrivateNode(
            "{ name: runc }",
            await archives.ContainerdAsync(Containerds.V1_6),
            hasOwnSoftware: true
        );
        await node.ApplyAsync();
        await RunsPodsAsync(node, Containerds.V1_6, ["runc"]);

        foreach (var line in new[] { Containerds.V1_7, Containerds.V2, Containerds.V1_7 })
        {
            node.Install = await archives.ContainerdAsync(line);
            node.Parse("{ name: runc }");
            await node.ApplyAsync();
            Assert.False((await node.PlanAsync()).HasChanges);
            await RunsPodsAsync(node, line, ["runc"]);
        }

        Assert.Empty((await node.UndoAsync()).Notes);
        Assert.False(File.Exists(node.ConfigFile));
        Assert.False(Directory.Exists(Path.Join(node.FilesRoot, "usr/local")));
    }

    private static async Task RunsPodsAsync(PrivateNode node, string line, IReadOnlyList<string> handlers)
    {
        await using var runtimes = node.Connect();
        Assert.StartsWith(line, (await runtimes.Default.ConnectAsync(default)).Version, StringComparison.Ordinal);
        var results = await new RuntimeProbe(runtimes, node.ProbeOptions, TimeProvider.System).RunAsync(null, default);
        Assert.Equal(handlers, results.Select(r => r.Handler));
        Assert.All(results, r => Assert.True(r.Ok, string.Join('\n', r.Steps)));
    }
}
