using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Yaml;

namespace Holdfast.Machine.Tests.Cluster;

/// <summary>Joining, agreeing with the runtime and leaving again, with stand-ins of the programs that do it.</summary>
public sealed class ClusterJoinTests : IDisposable
{
    private const string Token = "3zefbt.99e6denc1cxpk9fg";
    private const string Hash = "sha256:8077d4e7dd6eee64a999d56866ae4336073ed5ffc3f23281d757276b08b9b195";
    private const string EdgeToken = "8ca51df9ad5b4e3b.eyJhbGciOiJIUzI1NiJ9.x";

    private readonly ClusterNodeFixture node = new();

    public void Dispose() => node.Dispose();

    private string Kubernetes(string? token = null) =>
        $"{{ kubernetes: {{ join: {{ endpoint: \"CLUSTER\", {token ?? $"tokenFile: {node.Secret(Token)}"}, caCertHash: \"{Hash}\" }} }} }}";

    private string OpenYurt() =>
        $"{{ openyurt: {{ endpoint: \"CLUSTER\", tokenFile: {node.Secret(Token)}, caCertHash: \"{Hash}\" }} }}";

    private string KubeEdge() => $"{{ kubeedge: {{ cloudcore: \"CLUSTER\", tokenFile: {node.Secret(EdgeToken)} }} }}";

    private void AssertNoSecret(string secret)
    {
        Assert.DoesNotContain(secret, node.Told.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, node.Journal, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret))[..20],
            node.Journal,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Kubeadm_joins_by_a_file_that_only_root_reads_and_the_kubelet_agrees_with_the_runtime()
    {
        node.Programs.AddKubeadm();
        node.Programs.AddAgent("kubelet", "1.18.9");
        var cluster = Kubernetes($"token: {Token}");
        var before = node.Snapshot();

        await node.UpAsync(cluster);

        var call = node.Programs.CallsOf("kubeadm").Single(c => c.StartsWith("join", StringComparison.Ordinal));
        Assert.DoesNotContain(Token, call, StringComparison.Ordinal);
        var told = node.Programs.FileTold("kubeadm");
        Assert.StartsWith(
            "600\napiVersion: kubeadm.k8s.io/v1beta2\nkind: JoinConfiguration\n",
            told,
            StringComparison.Ordinal
        );
        Assert.Contains($"token: \"{Token}\"\n", told, StringComparison.Ordinal);
        Assert.Contains("node-labels: \"site=7\"", told, StringComparison.Ordinal);
        Assert.False(File.Exists(call.Split(' ')[^1]), "the file with the token is gone");
        Assert.Equal(
            "apiVersion: kubelet.config.k8s.io/v1beta1\n# of the cluster\ncgroupDriver: cgroupfs\nkind: KubeletConfiguration\n",
            node.Read("/var/lib/kubelet/config.yaml")
        );
        Assert.Contains(
            "--container-runtime-endpoint=unix:///run/containerd/containerd.sock",
            node.Read("/var/lib/kubelet/kubeadm-flags.env"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "After=containerd.service",
            node.Read("/etc/systemd/system/kubelet.service.d/20-holdfast.conf"),
            StringComparison.Ordinal
        );
        Assert.Equal(["restart kubelet"], node.Services.Calls);
        AssertNoSecret(Token);
        Assert.False((await node.PlanAsync(cluster)).HasChanges);

        var result = await node.UndoAsync();
        Assert.Contains("kubectl delete node edge-1", Assert.Single(result.Notes), StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
        Assert.Contains(node.Programs.CallsOf("kubeadm"), c => c.StartsWith("reset --force", StringComparison.Ordinal));
        Assert.Equal("stop kubelet True True", node.Services.Calls[^1]);
    }

    [Fact]
    public async Task A_machine_that_was_joined_by_somebody_else_is_only_made_to_agree_and_stays_joined()
    {
        node.Programs.AddAgent("kubelet", "1.30.2");
        node.Write("/etc/kubernetes/kubelet.conf", "server: https://there:6443\n");
        node.Write("/var/lib/kubelet/config.yaml", "cgroupDriver: systemd # mine\n", AtomicFile.SecretMode);
        node.Write(
            "/etc/default/kubelet",
            "KUBELET_EXTRA_ARGS=--container-runtime-endpoint=unix:////var/run/crio/crio.sock\n"
        );
        node.Services.Add("kubelet", true, true, TimeProvider.System.GetUtcNow().AddHours(-1));
        var before = node.Snapshot();

        await node.UpAsync("{ kubernetes: {} }");

        Assert.Equal(
            "cgroupDriver: cgroupfs # mine\ncontainerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n",
            node.Read("/var/lib/kubelet/config.yaml")
        );
        Assert.Equal(
            "KUBELET_EXTRA_ARGS=--container-runtime-endpoint=unix:///run/containerd/containerd.sock\n",
            node.Read("/etc/default/kubelet")
        );
        Assert.Equal(["restart kubelet"], node.Services.Calls);
        Assert.False((await node.PlanAsync("{ kubernetes: {} }")).HasChanges);

        // The clock of files and processes: a change within this time of a start cannot be told from one before it.
        await Task.Delay(100);
        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
        Assert.Equal("restart-known kubelet", node.Services.Calls[^1]);
    }

    [Fact]
    public async Task A_join_that_was_killed_half_way_is_reset_and_made_anew()
    {
        node.Programs.AddKubeadm();
        node.Programs.AddAgent("kubelet", "1.18.9");
        node.Write("/etc/kubernetes/pki/ca.crt", "half\n");
        node.Write("/etc/kubernetes/bootstrap-kubelet.conf", "half\n");
        Directory.CreateDirectory(Path.Join(node.Machine.Paths.StateDirectory, "cluster"));
        await File.WriteAllTextAsync(Path.Join(node.Machine.Paths.StateDirectory, "cluster", "joining"), "joining\n");

        await node.UpAsync(Kubernetes());
        Assert.Equal(
            ["reset", "join"],
            node.Programs.CallsOf("kubeadm")
                .Where(c => !c.EndsWith("--help", StringComparison.Ordinal))
                .Select(c => c.Split(' ')[0])
                .Where(c => c != "version")
        );
        Assert.False((await node.PlanAsync(Kubernetes())).HasChanges);
    }

    [Fact]
    public async Task A_first_control_plane_is_made_and_taken_away_again()
    {
        node.Programs.AddKubeadm("1.30.2");
        node.Programs.AddAgent("kubelet", "1.30.2");
        Directory.CreateDirectory(node.Machine.At("/etc/kubernetes/manifests"));
        var before = node.Snapshot();
        await node.UpAsync("{ kubernetes: { init: { advertiseAddress: 10.0.0.1, podSubnet: 172.16.0.0/16 } } }");
        Assert.Contains("podSubnet: \"172.16.0.0/16\"", node.Programs.FileTold("kubeadm"), StringComparison.Ordinal);
        Assert.True(node.Exists("/etc/kubernetes/admin.conf"));
        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task Volumes_of_pods_are_unmounted_before_anything_below_them_could_be_removed()
    {
        node.Programs.AddKubeadm();
        node.Programs.AddAgent("kubelet", "1.18.9");
        await node.UpAsync(Kubernetes());
        node.Write("/srv/data/precious", "of the user\n");
        Directory.CreateDirectory(node.Machine.At("/var/lib/kubelet/pods/1/volumes/v"));
        var volume = node.Machine.At("/var/lib/kubelet/pods/1/volumes/v");
        var mount = new ChildCommand("mount", "--bind", node.Machine.At("/srv/data"), volume);
        Assert.True((await ChildProcess.RunAsync(mount, TimeSpan.FromSeconds(10))).Succeeded);

        await node.UndoAsync();
        Assert.Equal("of the user\n", node.Read("/srv/data/precious"));
        Assert.False(node.Exists("/var/lib/kubelet"));
    }

    [Fact]
    public async Task Yurtadm_joins_with_static_pods_kept_and_every_file_it_overwrites_comes_back()
    {
        node.Programs.AddYurtadm();
        node.Programs.AddKubeadm();
        node.Programs.AddAgent("kubelet", "1.22.1");
        node.Write("/etc/kubernetes/manifests/mine.yaml", "kind: Pod # mine\n", AtomicFile.SecretMode);
        node.Write("/etc/sysctl.d/k8s.conf", "# by hand\n");
        node.Write("/usr/bin/kubelet", "my own kubelet\n");
        var cluster = OpenYurt();
        var before = node.Snapshot();
        var plan = await node.PlanAsync(cluster);
        Assert.Contains(
            "mine.yaml will be kept and put back",
            plan.Steps[0].Inspection.Summary,
            StringComparison.Ordinal
        );

        await node.UpAsync(cluster);

        var call = node.Programs.CallsOf("yurtadm").Last();
        Assert.StartsWith(
            $"join {node.ClusterAddress} --token={Token} --discovery-token-ca-cert-hash={Hash} --node-type=edge ",
            call,
            StringComparison.Ordinal
        );
        Assert.Contains("--cri-socket=/run/containerd/containerd.sock", call, StringComparison.Ordinal);
        Assert.Contains("--node-labels=site=7", call, StringComparison.Ordinal);
        Assert.Contains("--reuse-cni-bin", call, StringComparison.Ordinal);
        Assert.Equal("kind: Pod # mine\n", node.Read("/etc/kubernetes/manifests/mine.yaml"));
        Assert.Equal(AtomicFile.SecretMode, node.Machine.Status("/etc/kubernetes/manifests/mine.yaml")!.Mode);
        Assert.Contains(
            "[Install]",
            node.Read("/etc/systemd/system/yurthub.service.d/20-holdfast.conf"),
            StringComparison.Ordinal
        );
        Assert.Contains("start yurthub", node.Services.Calls);
        Assert.True(await node.RunsAsync("yurthub"));
        AssertNoSecret(Token);
        Assert.False((await node.PlanAsync(cluster)).HasChanges);

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
        Assert.False(await node.RunsAsync("kubelet"));
        Assert.False(await node.RunsAsync("yurthub"));
        Assert.DoesNotContain(node.Programs.CallsOf("yurtadm"), c => c.StartsWith("reset", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1.11.0", "--runtimetype=remote", "remoteRuntimeEndpoint")]
    [InlineData("1.18.1", "", "containerRuntimeEndpoint")]
    public async Task Keadm_joins_with_the_flags_of_its_version_and_the_file_that_it_writes_is_corrected(
        string version,
        string flag,
        string key
    )
    {
        node.Programs.AddKeadm(version);
        node.Programs.AddAgent("edgecore", version);
        var cluster = KubeEdge();
        var before = node.Snapshot();

        await node.UpAsync(cluster);

        var call = node
            .Programs.CallsOf("keadm")
            .Last(c =>
                c.StartsWith("join -", StringComparison.Ordinal) && !c.EndsWith("--help", StringComparison.Ordinal)
            );
        Assert.StartsWith(
            $"join --cloudcore-ipport={node.ClusterAddress} --edgenode-name=edge-1 --token={EdgeToken} --remote-runtime-endpoint=unix:///run/containerd/containerd.sock",
            call,
            StringComparison.Ordinal
        );
        Assert.Contains(flag, call, StringComparison.Ordinal);
        Assert.Equal(flag.Length > 0, call.Contains("--runtimetype", StringComparison.Ordinal));
        Assert.Contains("--cgroupdriver=cgroupfs --labels=site=7", call, StringComparison.Ordinal);
        var file = node.Read("/etc/kubeedge/config/edgecore.yaml");
        Assert.Contains($"{key}: unix:///run/containerd/containerd.sock", file, StringComparison.Ordinal);
        Assert.Contains("podSandboxImage: holdfast.local/pause:1", file, StringComparison.Ordinal);
        Assert.Equal(["restart edgecore"], node.Services.Calls);
        AssertNoSecret(EdgeToken);
        Assert.False((await node.PlanAsync(cluster)).HasChanges);

        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
        Assert.Contains("reset edge --force", node.Programs.CallsOf("keadm"));
    }

    [Fact]
    public async Task An_edgecore_that_is_there_already_is_corrected_restarted_and_put_back()
    {
        const string file = "/etc/kubeedge/config/edgecore.yaml";
        const string text =
            "# by hand\napiVersion: edgecore.config.kubeedge.io/v1alpha2\nkind: EdgeCore\nmodules:\n  edgeHub:\n"
            + "    token: "
            + EdgeToken
            + " # secret\n  edged:\n    # CRI\n    remoteRuntimeEndpoint: unix:////run/containerd/containerd.sock\n"
            + "    tailoredKubeletConfig:\n      cgroupDriver: systemd\n";
        node.Write(file, text, AtomicFile.SecretMode);
        node.Programs.AddAgent("edgecore", "1.13.0");
        node.Services.Add("edgecore", true, true, TimeProvider.System.GetUtcNow().AddHours(-1));
        var before = node.Snapshot();

        await node.UpAsync("{ kubeedge: {} }");

        var edited = YamlDocument.Parse(node.Read(file), file);
        Assert.Equal(
            "unix:///run/containerd/containerd.sock",
            edited.GetString("modules", "edged", "remoteImageEndpoint")
        );
        Assert.Contains(
            "    # CRI\n    remoteRuntimeEndpoint: unix:///run/containerd/containerd.sock\n",
            edited.Text,
            StringComparison.Ordinal
        );
        Assert.Equal(["restart edgecore"], node.Services.Calls);
        AssertNoSecret(EdgeToken);

        await Task.Delay(100);
        await node.UndoAsync();
        Assert.Equal(before, node.Snapshot());
        Assert.Equal("restart-known edgecore", node.Services.Calls[^1]);
    }
}
