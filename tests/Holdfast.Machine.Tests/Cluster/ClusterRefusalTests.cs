using Holdfast.Linux;
using Holdfast.Node;

namespace Holdfast.Machine.Tests.Cluster;

/// <summary>What cannot be done is said in plain words, before anything is changed or with everything taken back.</summary>
public sealed class ClusterRefusalTests : IDisposable
{
    private const string Token = "3zefbt.99e6denc1cxpk9fg";
    private const string Hash = "sha256:8077d4e7dd6eee64a999d56866ae4336073ed5ffc3f23281d757276b08b9b195";

    private readonly ClusterNodeFixture node = new();

    public void Dispose() => node.Dispose();

    private string Kubernetes(string? token = null) =>
        $"{{ kubernetes: {{ join: {{ endpoint: \"CLUSTER\", {token ?? $"tokenFile: {node.Secret(Token)}"}, caCertHash: \"{Hash}\" }} }} }}";

    private string OpenYurt() =>
        $"{{ openyurt: {{ endpoint: \"CLUSTER\", tokenFile: {node.Secret(Token)}, caCertHash: \"{Hash}\" }} }}";

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
    public async Task A_refused_join_is_told_in_plain_words_and_leaves_the_machine_as_it_was()
    {
        node.Programs.AddKubeadm();
        node.Programs.FailWith(
            "kubeadm",
            $"error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR Swap]: running with swap on is not supported. Please disable swap\n\t[ERROR Port-10250]: Port 10250 is in use by {Token}\n"
        );
        var cluster = Kubernetes();
        var before = node.Snapshot();
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(cluster));
        Assert.StartsWith(
            $"cannot join the cluster at {node.ClusterAddress}: kubeadm: running with swap on is not supported. Please disable swap (set spec.host.swap: disabled",
            failure.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("Port 10250 is in use by ***", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
        AssertNoSecret(Token);

        node.Programs.FailNoMore("kubeadm");
        await node.UpAsync(cluster);
        Assert.True(node.Exists("/etc/kubernetes/kubelet.conf"));
    }

    [Fact]
    public async Task A_refusal_of_yurtadm_brings_the_static_pods_back()
    {
        node.Programs.AddYurtadm();
        node.Programs.AddKubeadm();
        node.Programs.FailWith(
            "yurtadm",
            "error: could not find a JWS signature in the cluster-info ConfigMap for token ID\n"
        );
        node.Write("/etc/kubernetes/manifests/mine.yaml", "kind: Pod\n");
        var cluster = OpenYurt();
        var before = node.Snapshot();
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(cluster));
        Assert.Contains("the token has expired", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
        Assert.False(await node.RunsAsync("yurthub"), "what a failed join started is stopped again");
    }

    [Theory]
    [InlineData("kubeadm")]
    [InlineData("keadm")]
    public async Task What_a_reset_takes_from_others_after_a_failed_join_comes_back(string tool)
    {
        node.Programs.AddKubeadm();
        node.Programs.AddKeadm("1.18.1");
        node.Programs.FailWith(tool, "error: no\n");
        node.Write("/etc/cni/net.d/87-podman.conflist", "{}\n");
        node.Write("/var/lib/cni/networks/podman/10.89.0.2", "c0ffee\n", AtomicFile.SecretMode);
        var cluster =
            tool == "keadm"
                ? $"{{ kubeedge: {{ cloudcore: \"CLUSTER\", tokenFile: {node.Secret(Token)} }} }}"
                : Kubernetes();
        var before = node.Snapshot();
        await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(cluster));
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task A_kubelet_that_ran_by_itself_runs_again_when_the_join_fails()
    {
        node.Programs.AddKubeadm();
        node.Programs.FailWith("kubeadm", "error: no\n");
        node.Services.Add("kubelet", isRunning: true, isEnabled: true);
        await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(Kubernetes()));
        var status = await node.Services.StatusAsync("kubelet", CancellationToken.None);
        Assert.True(status is { IsRunning: true, IsEnabled: true });
    }

    [Theory]
    [InlineData(
        "{ kubeedge: {} }",
        "cannot join KubeEdge: there is no /etc/kubeedge/config/edgecore.yaml, and the node document does not say where cloudcore is"
    )]
    [InlineData(
        "{ kubeedge: { cloudcore: \"CLUSTER\", token: abc } }",
        "there is no keadm on this machine; put keadm into /usr/local/bin"
    )]
    [InlineData(
        "{ kubernetes: {} }",
        "there is no /etc/kubernetes/kubelet.conf, and the node document does not say how to join"
    )]
    [InlineData("{ kubernetes: { init: {} } }", "there is no kubeadm on this machine; install kubeadm and kubelet")]
    public async Task What_is_missing_is_said_before_anything_is_changed(string cluster, string words)
    {
        var before = node.Snapshot();
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(cluster));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
        Assert.False(Directory.Exists(node.Machine.Paths.ChangesDirectory));
    }

    [Theory]
    [InlineData(
        "/etc/kubernetes/pki/ca.crt",
        "{ kubernetes: { init: {} } }",
        "/etc/kubernetes/pki/ca.crt is there, so this machine is a part of a cluster"
    )]
    [InlineData(
        "/etc/kubernetes/kubelet.conf",
        "{ kubernetes: { init: {} } }",
        "/etc/kubernetes/kubelet.conf is there"
    )]
    [InlineData(
        "/etc/kubeedge/ca/rootCA.crt",
        "{ kubeedge: { cloudcore: \"CLUSTER\", token: abc } }",
        "something else in /etc/kubeedge"
    )]
    public async Task What_somebody_else_joined_is_never_reset(string file, string cluster, string words)
    {
        node.Programs.AddKubeadm();
        node.Programs.AddKeadm("1.18.1");
        node.Write(file, "not ours\n");
        var before = node.Snapshot();
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(cluster));
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, node.Snapshot());
        Assert.DoesNotContain(
            node.Programs.CallsOf("kubeadm").Concat(node.Programs.CallsOf("keadm")),
            call =>
                call.StartsWith("reset", StringComparison.Ordinal) && !call.Contains("--help", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_reached_is_told_before_kubeadm_waits_for_it()
    {
        node.Programs.AddKubeadm();
        var cluster = Kubernetes();
        var before = node.Snapshot();
        node.StopListening();
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(cluster));
        Assert.Contains("nothing listens at that address", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            node.Programs.CallsOf("kubeadm"),
            call => call.StartsWith("join", StringComparison.Ordinal)
        );
        Assert.Equal(before, node.Snapshot());
    }

    [Fact]
    public async Task A_keadm_that_cannot_start_is_not_taken_for_one_that_is_missing()
    {
        node.Programs.Break("keadm", "error while loading shared libraries: libsqlite3.so.0");
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            node.UpAsync($"{{ kubeedge: {{ cloudcore: \"CLUSTER\", tokenFile: {node.Secret(Token)} }} }}")
        );
        Assert.Contains("libsqlite3.so.0; install a keadm that runs here", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("there is no keadm", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keadm_without_sudo_is_refused_before_anything_is_changed()
    {
        node.Programs.AddKeadm("1.23.1");
        File.Delete(node.Machine.At("/usr/bin/sudo"));
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            node.PlanAsync($"{{ kubeedge: {{ cloudcore: \"CLUSTER\", tokenFile: {node.Secret(Token)} }} }}")
        );
        Assert.Contains("install the package sudo", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_static_pod_that_kubeadm_would_refuse_is_named_before_anything_is_changed()
    {
        node.Programs.AddKubeadm();
        node.Write("/etc/kubernetes/manifests/mine.yaml", "kind: Pod\n");
        var failure = await Assert.ThrowsAsync<NodeException>(() => node.UpAsync(Kubernetes()));
        Assert.Contains("/etc/kubernetes/manifests/mine.yaml; move it away", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_file_that_is_not_there_is_said_before_anything_is_changed()
    {
        node.Programs.AddKubeadm();
        var failure = await Assert.ThrowsAsync<NodeException>(() =>
            node.UpAsync(Kubernetes("tokenFile: /etc/nothing"))
        );
        Assert.StartsWith(
            "cannot read the token: there is no file /etc/nothing",
            failure.Message,
            StringComparison.Ordinal
        );
    }
}
