using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Holdfast.FreshNode.Tests.Nodes;
using Holdfast.FreshNode.Tests.Upstream;
using Holdfast.Kube;
using Holdfast.Testing;

namespace Holdfast.FreshNode.Tests;

/// <summary>
/// Each example document as it stands, on a fresh machine: what the tutorials do by hand is read back step for step. The
/// programs of the clusters are stand-ins that note what they were told; containerd, runc and CNI are real. Kata's shim is
/// runc's under Kata's name: it is started for pods of Kata's handlers, and refuses the options that only Kata's understands.
/// </summary>
public sealed class ExampleTests
{
    private const string Token = "3zefbt.99e6denc1cxpk9fg";

    [Fact]
    public async Task Openyurt_kata()
    {
        await using var node = await DebianNode.StartAsync();
        var programs = await PrepareAsync(node);
        programs.AddYurtadm();
        programs.AddKubeadm();
        In(node, "/usr/bin").AddAgent("kubelet", "1.18.9");
        programs.AddAgent("yurthub", "1.7.0");
        // Ubuntu has this file; the tutorial changes its twos to ones. A file that comes later does it without an edit.
        await node.RequireAsync(
            "printf '# Turn on Source Address Verification\nnet.ipv4.conf.default.rp_filter=2\nnet.ipv4.conf.all.rp_filter=2\n' "
                + ">/etc/sysctl.d/10-network-security.conf"
        );

        await UpAndDownAsync(
            node,
            "openyurt-kata",
            async output =>
            {
                // 1. The host.
                await node.RequireAsync("grep -E '^192.168.44.140[ \t]+k8s-master' /etc/hosts");
                await node.RequireAsync("grep -E '^192.168.44.141[ \t]+k8s-node01' /etc/hosts");
                await node.RequireAsync(
                    "test \"$(sysctl -n net.ipv4.conf.all.rp_filter net.ipv4.ip_forward | sort -u)\" = 1"
                );
                Assert.Equal(
                    "# Turn on Source Address Verification\nnet.ipv4.conf.default.rp_filter=2\nnet.ipv4.conf.all.rp_filter=2\n",
                    await node.RequireAsync("cat /etc/sysctl.d/10-network-security.conf")
                );
                Assert.Equal(
                    ["net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.default.rp_filter = 1"],
                    (await node.RequireAsync("grep -h rp_filter /etc/sysctl.d/99-zz-holdfast.conf | sort")).Split(
                        '\n',
                        StringSplitOptions.RemoveEmptyEntries
                    )
                );
                await node.RequireAsync("grep -x br_netfilter /etc/modules-load.d/*.conf");
                // Loaded, or built into the kernel: either way it does its work.
                await node.RequireAsync("test \"$(cat /proc/sys/net/bridge/bridge-nf-call-iptables)\" = 1");
                await node.RequireAsync("grep -h bridge-nf-call-ip6tables /etc/sysctl.d/*.conf | grep 1");

                // 4. containerd from the archive. 5. Kata.
                await node.RequireAsync("systemctl is-active containerd && systemctl is-enabled containerd");
                await node.RequireAsync("test -x /usr/local/bin/containerd && ! test -e /usr/bin/containerd");
                await node.RequireAsync("test -x /opt/kata/bin/containerd-shim-kata-v2");
                await node.RequireAsync("test \"$(stat -c %u:%g /opt/kata/bin/kata-runtime)\" = 0:0");
                var config = await node.RequireAsync("/usr/local/bin/containerd config dump");
                Assert.Contains("io.containerd.kata.v2", config);
                Assert.Contains("pod_annotations = [\"io.katacontainers.*\"]", config);
                Assert.Contains("privileged_without_host_devices = true", config);

                // 6. A pod ran in each.
                Assert.Matches("containerd +runc +ok", output);
                AssertReachedKata(output, "kata");

                // 2. and 3. Joined last, and the kubelet agrees with containerd.
                var join = Assert.Single(
                    programs.CallsOf("yurtadm"),
                    call => call.StartsWith($"join {NodeNetwork.Gateway}", StringComparison.Ordinal)
                );
                Assert.Contains("--node-type=edge", join);
                Assert.Contains("--node-labels=disktype=k8s-node01", join);
                Assert.Contains("--cri-socket=", join);
                await node.RequireAsync("systemctl is-active kubelet");
            }
        );
    }

    [Fact]
    public async Task Kubeedge_containerd()
    {
        await using var node = await DebianNode.StartAsync();
        var programs = await PrepareKubeEdgeAsync(node);
        await UpAndDownAsync(
            node,
            "kubeedge-containerd",
            async output =>
            {
                Assert.Matches("containerd +runc +ok", output);
                await AssertEdgecoreAsync(node, "unix:///run/containerd/containerd.sock");
                Assert.Contains(programs.CallsOf("keadm"), call => call.Contains("join", StringComparison.Ordinal));
            }
        );
    }

    [Fact]
    public async Task Kubeedge_crio()
    {
        await using var node = await DebianNode.StartAsync();
        await PrepareKubeEdgeAsync(node);
        // The stand-in's shims put their sockets into containerd's directory.
        await node.RequireAsync("mkdir /run/containerd");

        // CRI-O's stand-in has containerd's storage, into which skopeo cannot write.
        await node.RequireAsync(
            "printf '#!/bin/sh\nimage=${3#oci-archive:}\nexec /opt/cri-o/bin/ctr --address /run/crio/crio.sock -n k8s.io images import \"$image\"\n' "
                + ">/usr/local/bin/skopeo; chmod 755 /usr/local/bin/skopeo"
        );
        await UpAndDownAsync(
            node,
            "kubeedge-crio",
            async output =>
            {
                Assert.Matches("crio +runc +ok", output);
                await node.RequireAsync("systemctl is-active crio && systemctl is-enabled crio");
                await node.RequireAsync("systemctl show crio -p Before | grep edgecore.service");
                var config = await node.RequireAsync("cat /etc/crio/crio.conf.d/*.conf");
                Assert.Contains("cgroup_manager = \"cgroupfs\"", config);
                Assert.Contains("conmon_cgroup = \"pod\"", config);
                Assert.Contains("pause_image = \"holdfast.local/pause:1\"", config);
                await AssertEdgecoreAsync(node, "unix:///var/run/crio/crio.sock");
            }
        );
    }

    [Fact]
    public async Task Kubeedge_kata_untrusted()
    {
        await using var node = await DebianNode.StartAsync();
        await PrepareKubeEdgeAsync(node);
        await UnpackKataAsync(node);
        await UpAndDownAsync(
            node,
            "kubeedge-kata-untrusted",
            async output =>
            {
                Assert.Matches("containerd +runc +ok", output);
                AssertReachedKata(output, "untrusted");
                Assert.Contains("containerd.runtimes.untrusted", await node.RequireAsync("containerd config dump"));
                await AssertEdgecoreAsync(node, "unix:///run/containerd/containerd.sock");
            }
        );
    }

    [Fact]
    public async Task Kubeedge_vm()
    {
        await using var node = await DebianNode.StartAsync();
        await PrepareKubeEdgeAsync(node);
        await UnpackKataAsync(node);
        await UpAndDownAsync(
            node,
            "kubeedge-vm",
            async output =>
            {
                await node.RequireAsync(
                    "test -x /opt/cni/bin/bridge && grep 10.88.0.0/16 /etc/cni/net.d/10-holdfast.conflist"
                );
                Assert.Contains("bin_dir = \"/opt/cni/bin\"", await node.RequireAsync("containerd config dump"));
                Assert.Contains("default_runtime_name = \"kata\"", await node.RequireAsync("containerd config dump"));
                Assert.Matches("containerd +runc +ok", output);
                AssertReachedKata(output, "kata");
                await AssertEdgecoreAsync(node, "unix:///run/containerd/containerd.sock");
            }
        );
    }

    /// <summary>The stand-ins go where an operator would have put the real ones; what they were told lies in /root.</summary>
    private static async Task<ClusterPrograms> PrepareAsync(DebianNode node)
    {
        await node.RequireAsync($"install -m 600 /dev/stdin /etc/holdfast-token <<<{Token}");
        return In(node, "/usr/local/bin");
    }

    private static async Task<ClusterPrograms> PrepareKubeEdgeAsync(DebianNode node)
    {
        var programs = await PrepareAsync(node);
        programs.AddKeadm("1.17.0");
        programs.AddAgent("edgecore", "1.17.0");
        return programs;
    }

    private static ClusterPrograms In(DebianNode node, string directory) =>
        new(node.Root + directory, "", node.Root + "/root/told", "/root/told");

    private static async Task UnpackKataAsync(DebianNode node)
    {
        var mirror = await UpstreamMirror.GetAsync();
        await node.RequireAsync("apt-get install -y -q --no-install-recommends xz-utils >/dev/null 2>&1");
        File.Copy(mirror.Find("kata-static-2.3.3-x86_64.tar.xz"), node.Root + "/root/kata.tar.xz");
        await node.RequireAsync("tar -C / --no-overwrite-dir -xJf /root/kata.tar.xz");
    }

    private static void AssertReachedKata(string output, string handler) =>
        Assert.Matches($"{handler}: sandbox: cannot run a sandbox in containerd: .*runtimeoptions", output);

    private static async Task AssertEdgecoreAsync(DebianNode node, string endpoint)
    {
        var text = await node.RequireAsync("cat /etc/kubeedge/config/edgecore.yaml");
        var file = new KubeObject((JsonObject)Assert.Single(KubeYaml.ParseDocuments(text)));
        Assert.Equal("edgecore.config.kubeedge.io/v1alpha2", file.ApiVersion);

        // 1.17 reads the endpoints in both places, and knows no runtimeType any more.
        Assert.Equal(endpoint, file.TextAt("modules", "edged", "remoteRuntimeEndpoint"));
        Assert.Equal(endpoint, file.TextAt("modules", "edged", "remoteImageEndpoint"));
        Assert.Equal(endpoint, file.TextAt("modules", "edged", "tailoredKubeletConfig", "containerRuntimeEndpoint"));
        Assert.Equal(endpoint, file.TextAt("modules", "edged", "tailoredKubeletConfig", "imageServiceEndpoint"));
        Assert.Equal("holdfast.local/pause:1", file.TextAt("modules", "edged", "podSandboxImage"));
        Assert.Equal("cgroupfs", file.TextAt("modules", "edged", "tailoredKubeletConfig", "cgroupDriver"));
        Assert.Equal("2m0s", file.TextAt("modules", "edged", "tailoredKubeletConfig", "runtimeRequestTimeout"));
        Assert.Null(file.At("modules", "edged", "runtimeType"));
        await node.RequireAsync("systemctl is-active edgecore && systemctl is-enabled edgecore");
    }

    private static async Task UpAndDownAsync(DebianNode node, string example, Func<string, Task> readBack)
    {
        var mirror = await UpstreamMirror.GetAsync();
        var document = await File.ReadAllTextAsync(Path.Join(Repository.Root, "examples", example + ".yaml"));
        // The documents name clusters that are not there.
        using var cluster = new ClusterListener(IPAddress.Parse(NodeNetwork.Gateway));
        await File.WriteAllTextAsync(
            node.Root + "/root/node.yaml",
            Regex.Replace(mirror.Redirect(document), @"192\.168\.44\.140:\d+", cluster.Address)
        );
        var before = await node.ReadStateAsync();

        // A probe that fails is an exit code of its own; what it said is judged by the test.
        var up = await node.RequireAsync("./holdfast up --no-probe -f /root/node.yaml 2>&1");
        var output = up + await node.RequireAsync("holdfast probe 2>&1 || test $? = 1");
        await node.RequireAsync("test -z \"$(swapon --show --noheadings)\"");
        await readBack(output);
        await node.RequireAsync("holdfast plan");
        Assert.Contains("Nothing to change", await node.RequireAsync("holdfast up"));

        // The token is nobody's business.
        Assert.DoesNotContain(Token, output);
        await node.RequireAsync($"! grep -rF {Token} /var/lib/holdfast /etc/holdfast /var/log/holdfast");

        await node.DownAsync();
        await node.AssertStateAsync(before);
    }
}
