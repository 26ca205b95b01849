using System.Text;
using Holdfast.Document;
using Holdfast.Node.Joining;
using Holdfast.Node.Programs;
using Holdfast.Node.Runtimes;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Tests.Joining;

public sealed class KubeletFilesTests
{
    private static readonly ClusterJoin Join = new(
        "192.168.3.167:6443",
        new SecretSpec.InFile("/etc/token"),
        "sha256:8077d4e7dd6eee64a999d56866ae4336073ed5ffc3f23281d757276b08b9b195"
    );

    internal static ClusterNode Node { get; } =
        new()
        {
            Name = "k8s-node01",
            Labels = new Dictionary<string, string> { ["disktype"] = "k8s-node01", ["site"] = "7" },
            Socket = "/run/containerd/containerd.sock",
            SandboxImage = "holdfast.local/pause:1",
            CgroupDriver = CgroupDriver.Systemd,
            CniPluginDirectory = "/opt/cni/bin",
        };

    private static string Config(string text, ProgramVersion? version) =>
        Encoding.UTF8.GetString(KubeletFiles.EditConfig(Encoding.UTF8.GetBytes(text), Node, version));

    private static string Flags(string text, ProgramVersion? version)
    {
        var once = KubeletFiles.EditKubeadmFlags(Encoding.UTF8.GetBytes(text), Node, version);
        Assert.Equal(once, KubeletFiles.EditKubeadmFlags(once, Node, version));
        return Encoding.UTF8.GetString(once);
    }

    private static string Extra(string text) =>
        Encoding.UTF8.GetString(KubeletFiles.EditExtraFlags(Encoding.UTF8.GetBytes(text), Node));

    [Fact]
    public void The_kubelets_configuration_gets_the_driver_and_since_1_27_the_endpoint()
    {
        const string text =
            "apiVersion: kubelet.config.k8s.io/v1beta1\ncgroupDriver: cgroupfs # why\nkind: KubeletConfiguration\n";
        const string driver =
            "apiVersion: kubelet.config.k8s.io/v1beta1\ncgroupDriver: systemd # why\nkind: KubeletConfiguration\n";
        const string endpoint = "containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n";
        Assert.Equal(driver, Config(text, new ProgramVersion(1, 18)));
        Assert.Equal(driver, Config(text, new ProgramVersion(1, 26)));
        Assert.Equal(driver + endpoint, Config(text, new ProgramVersion(1, 27)));
        Assert.Equal(driver, Config(text, version: null));
        Assert.Equal(
            driver + endpoint,
            Config(text + "containerRuntimeEndpoint: \"\"\n", null).Replace("\"", "", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_configuration_in_json_stays_json()
    {
        const string text =
            "{\"apiVersion\":\"kubelet.config.k8s.io/v1beta1\",\"kind\":\"KubeletConfiguration\",\"cgroupDriver\":\"cgroupfs\",\"clusterDNS\":[\"10.96.0.10\"]}\n";
        var edited = Config(text, new ProgramVersion(1, 34));
        Assert.Equal(
            "{\"apiVersion\":\"kubelet.config.k8s.io/v1beta1\",\"kind\":\"KubeletConfiguration\",\"cgroupDriver\":\"systemd\",\"clusterDNS\":[\"10.96.0.10\"], "
                + "\"containerRuntimeEndpoint\": \"unix:///run/containerd/containerd.sock\"}\n",
            edited
        );
        Assert.NotNull(System.Text.Json.Nodes.JsonNode.Parse(edited));
        Assert.Equal(
            "{\n\t\"cgroupDriver\": \"systemd\",\n\t\"containerRuntimeEndpoint\": \"unix:///run/containerd/containerd.sock\"\n}\n",
            Config("{\n\t\"cgroupDriver\": \"systemd\"\n}\n", new ProgramVersion(1, 34))
        );
    }

    [Fact]
    public void Flags_that_kubeadm_wrote_lead_to_the_runtime()
    {
        Assert.Equal(
            "KUBELET_KUBEADM_ARGS=\"--network-plugin=cni --pod-infra-container-image=k8s.gcr.io/pause:3.2 "
                + "--container-runtime-endpoint=unix:///run/containerd/containerd.sock --container-runtime=remote\"\n",
            Flags(
                "KUBELET_KUBEADM_ARGS=\"--network-plugin=cni --pod-infra-container-image=k8s.gcr.io/pause:3.2\"\n",
                new ProgramVersion(1, 18)
            )
        );
        Assert.Equal(
            "KUBELET_KUBEADM_ARGS=\"--container-runtime=remote --container-runtime-endpoint=unix:///run/containerd/containerd.sock --x=1\"\n",
            Flags(
                "KUBELET_KUBEADM_ARGS=\"--container-runtime=docker --container-runtime-endpoint=unix:////var/run/crio/crio.sock --x=1\"\n",
                new ProgramVersion(1, 24)
            )
        );
        Assert.Equal("KUBELET_KUBEADM_ARGS=\"\"\n", Flags("KUBELET_KUBEADM_ARGS=\"\"\n", new ProgramVersion(1, 30)));
        Assert.Equal(
            "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///run/containerd/containerd.sock\"\n",
            Flags("KUBELET_KUBEADM_ARGS=\"\"\n", new ProgramVersion(1, 26))
        );
    }

    [Fact]
    public void A_persons_flag_that_would_win_is_corrected_and_a_comment_stays() =>
        Assert.Equal(
            "# was --cgroup-driver=cgroupfs\nKUBELET_EXTRA_ARGS=--cgroup-driver=systemd --node-ip=10.0.0.7\n",
            Extra("# was --cgroup-driver=cgroupfs\nKUBELET_EXTRA_ARGS=--cgroup-driver=cgroupfs --node-ip=10.0.0.7\n")
        );

    [Theory]
    [InlineData(14, "v1beta1")]
    [InlineData(18, "v1beta2")]
    [InlineData(30, "v1beta3")]
    [InlineData(32, "v1beta4")]
    public void A_join_configuration_is_of_the_version_that_kubeadm_reads(int minor, string version)
    {
        var text = KubeadmConfig.Join(Join, "3zefbt.99e6denc1cxpk9fg", Node, new ProgramVersion(1, minor));
        var document = YamlDocument.Parse(text, "f");
        Assert.Equal($"kubeadm.k8s.io/{version}", document.GetString("apiVersion"));
        Assert.Equal("192.168.3.167:6443", document.GetString("discovery", "bootstrapToken", "apiServerEndpoint"));
        Assert.Equal("3zefbt.99e6denc1cxpk9fg", document.GetString("discovery", "bootstrapToken", "token"));
        Assert.Equal(Join.CaCertHash, (string?)document.Get("discovery", "bootstrapToken", "caCertHashes")![0]);
        Assert.Equal("k8s-node01", document.GetString("nodeRegistration", "name"));
        Assert.Equal(
            minor < 24 ? "/run/containerd/containerd.sock" : "unix:///run/containerd/containerd.sock",
            document.GetString("nodeRegistration", "criSocket")
        );
        const string labels = "disktype=k8s-node01,site=7";
        Assert.Equal(
            labels,
            minor < 31
                ? document.GetString("nodeRegistration", "kubeletExtraArgs", "node-labels")
                : (string?)document.Get("nodeRegistration", "kubeletExtraArgs")![0]!["value"]
        );
    }

    [Fact]
    public void An_init_configuration_has_three_documents_and_only_what_was_asked_for()
    {
        var text = KubeadmConfig.Init(
            new KubeadmInit { AdvertiseAddress = "192.168.3.167", PodSubnet = "172.16.0.0/16" },
            Node with
            {
                Labels = new Dictionary<string, string>(),
            },
            new ProgramVersion(1, 18)
        );
        Assert.Equal(
            """
            apiVersion: kubeadm.k8s.io/v1beta2
            kind: InitConfiguration
            localAPIEndpoint:
              advertiseAddress: "192.168.3.167"
            nodeRegistration:
              name: k8s-node01
              criSocket: /run/containerd/containerd.sock
            ---
            apiVersion: kubeadm.k8s.io/v1beta2
            kind: ClusterConfiguration
            networking:
              podSubnet: "172.16.0.0/16"
            ---
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            cgroupDriver: systemd

            """,
            text
        );
    }

    [Fact]
    public void The_configuration_of_an_instance_is_corrected_in_what_it_has_and_stays_empty_otherwise()
    {
        string Edit(string text) =>
            Encoding.UTF8.GetString(KubeletFiles.EditInstanceConfig(Encoding.UTF8.GetBytes(text), Node));

        const string Head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
        Assert.Equal(
            $"{Head}containerRuntimeEndpoint: {Node.Endpoint}\n",
            Edit($"{Head}containerRuntimeEndpoint: unix:///var/run/crio/crio.sock\n")
        );
        Assert.Equal(Head, Edit(Head));
    }

    [Fact]
    public void Versions_are_found_in_what_programs_say()
    {
        Assert.Equal("1.18.9", ProgramVersion.Find("Kubernetes v1.18.9")!.Value.ToString());
        Assert.Equal(
            "1.12.1",
            ProgramVersion
                .Find("version: version.Info{Major:\"1\", Minor:\"12\", GitVersion:\"v1.12.1\"}")!
                .Value.ToString()
        );
        Assert.True(ProgramVersion.Find("v1.31.0-rc.1")!.Value.IsAtLeast(1, 31));
        Assert.Null(ProgramVersion.Find("no such thing"));
    }
}
