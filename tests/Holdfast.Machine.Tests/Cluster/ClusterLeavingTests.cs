using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Linux;
using Holdfast.Node.Pods;
using Microsoft.Extensions.Logging.Abstractions;

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

        await node.UpAsync(Standalone, mayDestroy: true);
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
        await node.UpAsync(KubeEdge, mayDestroy: true);
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
        await node.UpAsync(cluster);
        node.Write("/etc/cni/net.d/10-flannel.conflist", "{}\n");
        node.Write("/var/lib/cni/networks/cbr0/10.244.0.2", "decaf\n");
        var result = await node.UndoAsync();
        Assert.Equal("{}\n", node.Read("/etc/cni/net.d/87-podman.conflist"));
        Assert.Equal("{}\n", node.Read("/etc/cni/net.d/10-flannel.conflist"));
        Assert.Equal("c0ffee\n", node.Read("/var/lib/cni/networks/podman/10.89.0.2"));
        Assert.Contains(
            "/etc/cni/net.d/10-flannel.conflist",
            string.Join('\n', result.Notes),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task What_others_added_since_the_join_is_kept_and_named()
    {
        await node.UpAsync(Kubernetes);
        node.Write("/etc/kubernetes/manifests/later.yaml", "kind: Pod\n", AtomicFile.SecretMode);
        node.Write("/etc/kubernetes/pki/mine.key", "key\n", AtomicFile.SecretMode);
        node.Write("/var/lib/etcd/member/db", "precious\n");
        node.Write("/var/lib/kubelet/pods/1/volumes/v", "of the agent\n");

        var notes = string.Join('\n', (await node.UndoAsync()).Notes);
        Assert.Equal("kind: Pod\n", node.Read("/etc/kubernetes/manifests/later.yaml"));
        Assert.Equal(AtomicFile.SecretMode, node.Machine.Status("/etc/kubernetes/manifests/later.yaml")!.Mode);
        Assert.Equal("key\n", node.Read("/etc/kubernetes/pki/mine.key"));
        Assert.Equal("precious\n", node.Read("/var/lib/etcd/member/db"));
        Assert.Contains("/etc/kubernetes/manifests/later.yaml", notes, StringComparison.Ordinal);
        Assert.Contains("/etc/kubernetes/pki/mine.key", notes, StringComparison.Ordinal);
        Assert.Contains("kubectl delete node edge-1", notes, StringComparison.Ordinal);
        Assert.False(node.Exists("/var/lib/kubelet"));
        Assert.False(node.Exists("/etc/kubernetes/kubelet.conf"));
        Assert.False(node.Exists("/etc/kubernetes/pki/ca.crt"));
    }

    [Fact]
    public async Task A_program_that_was_upgraded_since_the_join_is_not_made_old_again()
    {
        node.Write("/usr/bin/kubelet", "kubelet 1.22 of the package\n");
        node.Write("/etc/sysctl.d/k8s.conf", "# by hand\n");
        await node.UpAsync(OpenYurt);
        node.Write("/usr/bin/kubelet", "kubelet 1.29 of the package\n");

        var notes = string.Join('\n', (await node.UndoAsync()).Notes);
        Assert.Equal("kubelet 1.29 of the package\n", node.Read("/usr/bin/kubelet"));
        Assert.Contains("/usr/bin/kubelet was changed since the join and stays", notes, StringComparison.Ordinal);
        Assert.Equal("# by hand\n", node.Read("/etc/sysctl.d/k8s.conf"));
    }

    [Fact]
    public async Task What_a_reset_leaves_of_the_agent_is_removed_where_the_join_brought_it()
    {
        node.Secret(Token);
        Directory.CreateDirectory(node.Machine.At("/var/log/pods/old"));
        var before = node.Snapshot();
        await node.UpAsync(Kubernetes);
        node.Write("/usr/libexec/kubernetes/kubelet-plugins/volume/exec/x", "");
        node.Write("/var/log/containers/web.log", "");
        Directory.CreateDirectory(node.Machine.At("/sys/fs/cgroup/kubepods/burstable/pod1"));
        Directory.CreateDirectory(node.Machine.At("/sys/fs/cgroup/cpu/kubepods.slice"));

        var notes = string.Join('\n', (await node.UndoAsync()).Notes);
        Directory.Delete(node.Machine.At("/sys"), recursive: true);
        Assert.Equal(before, node.Snapshot());
        Assert.Contains("/var/log/pods was there before the join and stays", notes, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Which_pods_end_and_what_stays_in_the_cluster_is_told_before_the_node_leaves()
    {
        var pods = new PodListing(
            [
                Sandbox("web", uid: "u1"),
                Sandbox("db", uid: "u2"),
                Sandbox("gone", uid: "u3", isReady: false),
                Sandbox("ours", uid: "u4", node: "edge-1"),
                Sandbox("by-hand", uid: null),
            ],
            []
        );
        Assert.Null(await ClusterDeparture.FindAsync(node.Machine, pods, CancellationToken.None));
        await node.UpAsync(Kubernetes);

        var departure = await ClusterDeparture.FindAsync(node.Machine, pods, CancellationToken.None);
        Assert.Equal(
            [
                "these pods of kubelet end here: default/db, default/web",
                "the node object edge-1 stays in the cluster until it is deleted there: kubectl delete node edge-1",
            ],
            departure!.Describe()
        );
        Assert.StartsWith(
            "these pods of kubelet end here: p0, p1, p2, p3, p4, p5, p6, p7, p8, p9 and 2 more",
            (departure with { Pods = [.. Enumerable.Range(0, 12).Select(i => $"p{i}")] }).Describe().First()
        );

        await node.UndoAsync();
        Assert.Null(await ClusterDeparture.FindAsync(node.Machine, pods, CancellationToken.None));
    }

    [Fact]
    public async Task That_the_cluster_itself_goes_is_told_before_its_first_node_leaves()
    {
        await node.UpAsync("{ kubernetes: { init: {} } }");
        var departure = await ClusterDeparture.FindAsync(node.Machine, new PodListing([], []), CancellationToken.None);
        Assert.Equal(
            "the control plane on this machine and the cluster's data in /var/lib/etcd are destroyed",
            Assert.Single(departure!.Describe())
        );
    }

    [Fact]
    public async Task A_node_that_someone_else_made_join_is_taken_out_of_nothing()
    {
        node.Write("/etc/kubernetes/kubelet.conf", "server: https://there:6443\n");
        node.Write("/var/lib/kubelet/config.yaml", "cgroupDriver: systemd\n");
        await node.UpAsync("{ kubernetes: {} }");
        Assert.Null(await ClusterDeparture.FindAsync(node.Machine, new PodListing([], []), CancellationToken.None));
    }

    [Fact]
    public async Task A_control_plane_is_not_destroyed_by_an_edited_line_of_the_document()
    {
        await node.UpAsync("{ kubernetes: { init: {} } }");
        var plan = await node.PlanAsync(Standalone);
        Assert.Contains("/var/lib/etcd", Assert.Single(plan.Removals).Destroys, StringComparison.Ordinal);
        var refusal = await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(Standalone));
        Assert.Equal(NodeReason.WouldDestroy, refusal.Reason);
        Assert.True(node.Exists("/var/lib/etcd/member/db"));
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

        await node.UpAsync(KubeEdge, mayDestroy: true);
        Assert.Contains(
            node.Programs.CallsOf("keadm"),
            call => call.Contains("--labels=katacontainers.io/kata-runtime=true,site=7", StringComparison.Ordinal)
        );
    }

    /// <param name="uid">Of the pod; null for a sandbox that no agent made.</param>
    /// <param name="node">The Holdfast node that made it; null for another agent's.</param>
    private static NodeSandbox Sandbox(string name, string? uid, bool isReady = true, string? node = null)
    {
        var sandbox = new PodSandbox
        {
            Metadata = new PodSandboxMetadata { Namespace = "default", Name = name },
            State = isReady ? PodSandboxState.SandboxReady : PodSandboxState.SandboxNotready,
        };
        if (uid is not null)
        {
            sandbox.Labels[RuntimeLabels.PodUid] = uid;
        }
        if (node is not null)
        {
            sandbox.Labels[RuntimeLabels.Node] = node;
        }
        var options = new RuntimeEndpointOptions("containerd", "/run/nothing.sock");
        return new NodeSandbox(new RuntimeEndpoint(options, TimeProvider.System, NullLoggerFactory.Instance), sandbox);
    }
}
