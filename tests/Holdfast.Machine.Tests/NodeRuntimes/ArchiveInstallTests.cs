using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Node;
using Holdfast.Node.Probe;

namespace Holdfast.Machine.Tests.NodeRuntimes;

/// <summary>containerd and Kata from archives of the upstream layouts, with a real containerd and real pods.</summary>
[Collection("machine")]
public sealed class ArchiveInstallTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_containerd_from_an_archive_runs_pods_and_is_taken_back(bool isForCri)
    {
        using var archives = new UpstreamArchive();
        var install = isForCri ? await archives.CriContainerdAsync() : await archives.ContainerdAsync();
        await using var node = new PrivateNode("{ name: runc }", install, hasOwnSoftware: true);

        await node.ApplyAsync();

        Assert.False((await node.PlanAsync()).HasChanges);
        var program = Path.Join(node.FilesRoot, "usr/local/bin/containerd");
        var status = await node.Services.StatusAsync("holdfast-private", default);
        Assert.Equal(new FileInfo(program).LinkTarget, new FileInfo($"/proc/{status.ProcessId}/exe").LinkTarget);
        Assert.Equal(isForCri, File.Exists(Path.Join(node.FilesRoot, "usr/local/sbin/runc")));
        // What would compete with the document's own network and unit is not unpacked.
        Assert.Equal(
            [Path.Join(node.FilesRoot, "opt/holdfast")],
            Directory.GetFileSystemEntries(Path.Join(node.FilesRoot, "opt"))
        );
        await using (var runtimes = node.Connect())
        {
            var results = await new RuntimeProbe(runtimes, node.ProbeOptions, TimeProvider.System).RunAsync(
                null,
                default
            );
            Assert.True(results.Single().Ok, string.Join('\n', results.Single().Steps));
        }

        Assert.Empty((await node.UndoAsync()).Notes);
        Assert.False(Directory.Exists(Path.Join(node.FilesRoot, "usr/local")));
        Assert.False((await node.Services.StatusAsync("holdfast-private", default)).IsRunning);
    }

    /// <summary>
    /// The archive's shim is runc's under Kata's name. It runs pods under that name, but reads options of runc's type only:
    /// the handler of kind kata, whose options name a configuration file in Kata's type, therefore reaches the installed
    /// shim and is refused by it in words that say so. The pod runs in a second handler of the same shim without options.
    /// </summary>
    [Fact]
    public async Task Kata_is_installed_routed_to_upgraded_and_taken_back()
    {
        using var archives = new UpstreamArchive();
        var old = await archives.KataAsync("2.3.3", ".tar.xz");
        var today = await archives.KataAsync("3.21.0", ".tar.zst");
        await using var node = new PrivateNode(Handlers(old), hasOwnSoftware: true);

        await node.ApplyAsync();

        Assert.False((await node.PlanAsync()).HasChanges);
        var kata = Path.Join(node.FilesRoot, "opt/kata");
        Assert.Equal("2.3.3\n", await File.ReadAllTextAsync(Path.Join(kata, "VERSION")));
        Assert.Equal(
            "configuration-qemu.toml",
            new FileInfo(Path.Join(kata, "share/defaults/kata-containers/configuration.toml")).LinkTarget
        );
        var config = await File.ReadAllTextAsync(node.ConfigFile);
        Assert.Contains(
            "/opt/kata/share/defaults/kata-containers/configuration-clh.toml",
            config,
            StringComparison.Ordinal
        );
        await RunsInKataAsync(node);

        node.Parse(Handlers(today));
        await node.ApplyAsync();

        Assert.Equal("3.21.0\n", await File.ReadAllTextAsync(Path.Join(kata, "VERSION")));
        Assert.False((await node.PlanAsync()).HasChanges);
        await RunsInKataAsync(node);

        Assert.Empty((await node.UndoAsync()).Notes);
        Assert.False(Directory.Exists(Path.GetDirectoryName(kata)));
        Assert.False(Directory.Exists(Path.Join(node.FilesRoot, "usr/local")));
        Assert.False(File.Exists(node.ConfigFile));
    }

    private static string Handlers(string install) =>
        $"{{ name: runc }}, {{ name: kata, kind: kata, hypervisor: clh, install: {install} }}, "
        + "{ name: routed, kind: shim, runtimeType: io.containerd.kata.v2 }";

    private static async Task RunsInKataAsync(PrivateNode node)
    {
        await using var runtimes = node.Connect();
        var config = new PodSandboxConfig
        {
            Metadata = new PodSandboxMetadata
            {
                Name = "routed",
                Namespace = "default",
                Uid = Guid.NewGuid().ToString(),
            },
            Linux = new LinuxPodSandboxConfig(),
        };
        var refused = await Assert.ThrowsAsync<CriException>(() =>
            runtimes.Default.RunPodSandboxAsync(new() { Config = config, RuntimeHandler = "kata" }, default)
        );
        Assert.Contains("runtimeoptions.v1.Options", refused.Message, StringComparison.Ordinal);

        var request = new RunPodSandboxRequest { Config = config, RuntimeHandler = "routed" };
        var id = (await runtimes.Default.RunPodSandboxAsync(request, default)).PodSandboxId;
        var containers = await PrivateNode.RunAsync("ctr", "-n", "k8s.io", "-a", node.Socket, "containers", "ls");
        Assert.Matches($"{id}.* io.containerd.kata.v2", containers);
        Assert.Equal(
            PodSandboxState.SandboxReady,
            (await runtimes.Default.PodSandboxStatusAsync(new() { PodSandboxId = id }, default)).Status.State
        );
        await runtimes.Default.StopPodSandboxAsync(new() { PodSandboxId = id }, default);
        await runtimes.Default.RemovePodSandboxAsync(new() { PodSandboxId = id }, default);
    }
}
