using Holdfast.Linux;
using Holdfast.Testing.Crasher;

namespace Holdfast.Machine.Tests.Cluster;

/// <summary>Kills a real process at every place of a join and of leaving again where a power cut would hurt.</summary>
public sealed class ClusterCrashTests : IDisposable
{
    private const string Token = "3zefbt.99e6denc1cxpk9fg";
    private const string Hash = "sha256:8077d4e7dd6eee64a999d56866ae4336073ed5ffc3f23281d757276b08b9b195";
    private const string Join = $"endpoint: \"CLUSTER\", tokenFile: /etc/token, caCertHash: \"{Hash}\"";
    private const string Kubernetes = $"{{ kubernetes: {{ join: {{ {Join} }} }} }}";
    private const string OpenYurt = $"{{ openyurt: {{ {Join} }} }}";
    private const string KubeEdge = "{ kubeedge: { cloudcore: \"CLUSTER\", tokenFile: /etc/token } }";

    private static readonly TimeSpan ChildTimeout = TimeSpan.FromMinutes(1);
    private readonly ClusterNodeFixture node = new();

    public ClusterCrashTests()
    {
        node.Programs.AddKubeadm();
        node.Programs.AddYurtadm();
        node.Programs.AddKeadm("1.18.1");
        node.Programs.AddAgent("kubelet", "1.18.9");
        node.Programs.AddAgent("edgecore", "1.18.1");
        node.Write("/etc/token", Token + "\n", AtomicFile.SecretMode);
        node.Write("/etc/sysctl.d/k8s.conf", "# by hand\n");
    }

    public void Dispose() => node.Dispose();

    [Theory]
    [InlineData("cluster.before-join", Kubernetes)]
    [InlineData("cluster.joined", Kubernetes)]
    [InlineData("cluster.before-join", OpenYurt)]
    [InlineData("cluster.joined", OpenYurt)]
    [InlineData("cluster.before-join", KubeEdge)]
    [InlineData("cluster.joined", KubeEdge)]
    [InlineData("apply.after-do@1", OpenYurt)]
    [InlineData("apply.after-do@2", KubeEdge)]
    public async Task Killed_while_joining_the_next_up_completes_and_undo_leaves_nothing(string point, string cluster)
    {
        AddStaticPod(cluster);
        var before = node.Snapshot();
        await KillAsync("cluster-up", point, node.Reachable(cluster));

        await node.UpAsync(cluster);
        Assert.False((await node.PlanAsync(cluster)).HasChanges);
        AssertStaticPod(cluster);

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Theory]
    [InlineData("cluster.before-join", Kubernetes)]
    [InlineData("cluster.joined", Kubernetes)]
    [InlineData("cluster.before-join", OpenYurt)]
    [InlineData("cluster.joined", OpenYurt)]
    [InlineData("cluster.before-join", KubeEdge)]
    public async Task Killed_while_joining_undo_alone_returns_to_the_original(string point, string cluster)
    {
        AddStaticPod(cluster);
        var before = node.Snapshot();
        await KillAsync("cluster-up", point, node.Reachable(cluster));

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
        Assert.DoesNotContain(
            Directory.EnumerateFiles(node.Machine.Paths.Root, "*", SearchOption.AllDirectories),
            file => File.ReadAllText(file).Contains(Token, StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(Kubernetes)]
    [InlineData(OpenYurt)]
    [InlineData(KubeEdge)]
    public async Task Killed_while_leaving_the_next_undo_goes_on(string cluster)
    {
        AddStaticPod(cluster);
        var before = node.Snapshot();
        await node.UpAsync(cluster);
        await KillAsync("cluster-undo", "cluster.reset");

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task A_join_that_failed_before_it_brought_its_own_tool_for_resetting_does_not_stick()
    {
        File.Delete(node.Programs.PathOf("kubeadm"));
        node.Programs.FailWith("yurtadm", "error: connection refused\n");
        var before = node.Snapshot();
        await Assert.ThrowsAsync<global::Holdfast.Changes.NodeException>(() => node.UpAsync(OpenYurt));
        Assert.Equal(before, node.Snapshot());

        node.Programs.FailNoMore("yurtadm");
        await node.UpAsync(OpenYurt);
        Assert.True(node.Exists("/etc/kubernetes/kubelet.conf"));
    }

    /// <summary>kubeadm would refuse to join beside one, as the real one does.</summary>
    private void AddStaticPod(string cluster)
    {
        if (cluster == OpenYurt)
        {
            node.Write("/etc/kubernetes/manifests/mine.yaml", "kind: Pod\n", AtomicFile.SecretMode);
        }
    }

    private void AssertStaticPod(string cluster)
    {
        if (cluster == OpenYurt)
        {
            Assert.Equal("kind: Pod\n", node.Read("/etc/kubernetes/manifests/mine.yaml"));
        }
    }

    private async Task KillAsync(string verb, string point, params string[] more)
    {
        var command = NodeScenario.ChildCommand;
        var result = await ChildProcess.RunAsync(
            new ChildCommand(command[0], [.. command.Skip(1), verb, node.Root, .. more])
            {
                Environment = new Dictionary<string, string?> { ["HOLDFAST_FAULT"] = point },
            },
            ChildTimeout
        );
        Assert.True(
            result.ExitCode == 137,
            $"{verb} with {point} ended with {result.ExitCode}: {result.StandardError}"
        );
    }
}
