namespace Holdfast.Machine.Tests.Cluster;

/// <summary>A later document that leaves the cluster, and what of the machine its own programs take with them.</summary>
public sealed class ClusterLeavingTests : IDisposable
{
    private const string Token = "3zefbt.99e6denc1cxpk9fg";
    private const string Hash = "sha256:8077d4e7dd6eee64a999d56866ae4336073ed5ffc3f23281d757276b08b9b195";
    private const string Standalone = "{ standalone: {} }";

    private readonly ClusterNodeFixture node = new();

    public ClusterLeavingTests()
    {
        node.Programs.AddKubeadm();
        node.Programs.AddYurtadm();
        node.Programs.AddKeadm("1.18.1");
        node.Programs.AddAgent("kubelet", "1.22.1");
        node.Programs.AddAgent("edgecore", "1.18.1");
    }

    public void Dispose() => node.Dispose();

    private string Join => $"endpoint: \"CLUSTER\", tokenFile: {node.Secret(Token)}, caCertHash: \"{Hash}\"";

    private string KubeEdge => $"{{ kubeedge: {{ cloudcore: \"CLUSTER\", tokenFile: {node.Secret(Token)} }} }}";

    private string OpenYurt => $"{{ openyurt: {{ {Join} }} }}";

    private string Kubernetes => $"{{ kubernetes: {{ join: {{ {Join} }} }} }}";

    [Fact]
    public async Task The_agents_of_an_older_document_are_no_strangers_to_the_next_one_which_stops_them()
    {
        string[] agents = ["kubelet", "yurthub"];
        Assert.Equal(2, (await node.FindStrangersAsync(Standalone, agents)).Count);

        await node.UpAsync(OpenYurt);
        Assert.Empty(await node.FindStrangersAsync(Standalone, agents));
        Assert.Empty(await node.FindStrangersAsync(KubeEdge, agents));
        Assert.Single(await node.FindStrangersAsync(Standalone, "kubelet", "k3s-server"));

        await node.UpAsync(Standalone);
        Assert.False(await node.RunsAsync("kubelet"));
        Assert.False(await node.RunsAsync("yurthub"));
        Assert.Equal(2, (await node.FindStrangersAsync(Standalone, agents)).Count);
    }

    [Fact]
    public async Task The_agent_that_somebody_else_started_stays_a_stranger()
    {
        node.Write("/etc/kubernetes/kubelet.conf", "server: https://there:6443\n");
        node.Write("/var/lib/kubelet/config.yaml", "cgroupDriver: systemd\n");
        node.Services.Add("kubelet", true, true, TimeProvider.System.GetUtcNow().AddHours(-1));
        await node.UpAsync("{ kubernetes: {} }");
        Assert.Single(await node.FindStrangersAsync(Standalone, "kubelet"));
    }

    [Fact]
    public async Task One_cluster_is_left_for_another()
    {
        node.Secret(Token);
        var before = node.Snapshot();
        await node.UpAsync(Kubernetes);
        await node.UpAsync(KubeEdge);
        Assert.False(node.Exists("/etc/kubernetes"));
        Assert.False(await node.RunsAsync("kubelet"));
        Assert.True(await node.RunsAsync("edgecore"));

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
        Assert.False(await node.RunsAsync("edgecore"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Networks_of_others_outlive_a_join_and_its_reset(bool isKubeEdge)
    {
        var cluster = isKubeEdge ? KubeEdge : Kubernetes;
        node.Write("/etc/cni/net.d/87-podman.conflist", "{}\n");
        node.Write("/var/lib/cni/networks/podman/10.89.0.2", "c0ffee\n");
        var before = node.Snapshot();
        await node.UpAsync(cluster);
        node.Write("/etc/cni/net.d/10-flannel.conflist", "{}\n");
        node.Write("/var/lib/cni/networks/cbr0/10.244.0.2", "decaf\n");
        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task A_join_that_is_made_anew_leaves_the_networks_of_others_alone()
    {
        node.Write("/etc/cni/net.d/10-holdfast.conflist", "{}\n");
        Directory.CreateDirectory(Path.Join(node.Machine.Paths.StateDirectory, "cluster"));
        await File.WriteAllTextAsync(Path.Join(node.Machine.Paths.StateDirectory, "cluster", "joining"), "joining\n");
        await node.UpAsync(Kubernetes);
        Assert.Contains(node.Programs.CallsOf("kubeadm"), c => c.StartsWith("reset", StringComparison.Ordinal));
        Assert.Equal("{}\n", node.Read("/etc/cni/net.d/10-holdfast.conflist"));
    }

    [Fact]
    public async Task A_node_with_Kata_tells_its_cluster_so()
    {
        node.Handlers = ", { name: kata, kind: kata, install: { present: {} } }";
        await node.UpAsync(Kubernetes);
        Assert.Contains(
            "katacontainers.io/kata-runtime=true,site=7",
            node.Programs.FileTold("kubeadm"),
            StringComparison.Ordinal
        );

        await node.UpAsync(KubeEdge);
        Assert.Contains(
            node.Programs.CallsOf("keadm"),
            call => call.Contains("--labels=katacontainers.io/kata-runtime=true,site=7", StringComparison.Ordinal)
        );
    }
}
