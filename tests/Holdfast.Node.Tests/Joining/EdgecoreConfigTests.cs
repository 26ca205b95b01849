using System.Text;
using Holdfast.Document;
using Holdfast.Node.Joining;
using Holdfast.Node.Programs;
using Holdfast.Node.Runtimes;
using Holdfast.Node.Yaml;

namespace Holdfast.Node.Tests.Joining;

public sealed class EdgecoreConfigTests
{
    /// <summary>As KubeEdge 1.3 to 1.11 write it, with a person's comments, and the four slashes that are in print.</summary>
    private const string Old = """
        # our edge site
        apiVersion: edgecore.config.kubeedge.io/v1alpha1
        database:
          aliasName: default
          dataSource: /var/lib/kubeedge/edgecore.db
        kind: EdgeCore
        modules:
          edgeHub:
            heartbeat: 15  # second
            httpServer: https://192.168.44.140:10002
            token: "8ca51df9ad5b4e3b.eyJhbGciOiJIUzI1NiJ9"
          edged:
            cgroupDriver: cgroupfs
            edgedMemoryCapacity: 7852396000
            podSandboxImage: kubeedge/pause:3.1
            remoteImageEndpoint: unix:////var/run/crio/crio.sock
            remoteRuntimeEndpoint: unix:///var/run/dockershim.sock # Docker
            runtimeRequestTimeout: 120
            runtimeType: docker

        """;

    /// <summary>As 1.12 to 1.17.</summary>
    private const string Tailored = """
        apiVersion: edgecore.config.kubeedge.io/v1alpha2
        kind: EdgeCore
        modules:
          edged:
            containerRuntime: docker
            cniConfDir: /etc/cni/net.d
            enable: true
            podSandboxImage: kubeedge/pause:3.6
            remoteImageEndpoint: unix:///var/run/dockershim.sock
            remoteRuntimeEndpoint: unix:///var/run/dockershim.sock
            tailoredKubeletConfig:
              # where the kubelet listens
              address: 127.0.0.1
              cgroupDriver: cgroupfs
              runtimeRequestTimeout: 4m0s

        """;

    /// <summary>As 1.18 and later.</summary>
    private const string New = """
        apiVersion: edgecore.config.kubeedge.io/v1alpha2
        kind: EdgeCore
        modules:
          edged:
            podSandboxImage: kubeedge/pause:3.6
            tailoredKubeletConfig:
              cgroupDriver: cgroupfs
              containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
              runtimeRequestTimeout: 0s
          eventBus:
            mqttMode: 2

        """;

    private static ClusterNode Node { get; } =
        new()
        {
            Name = "edge-1",
            Labels = new Dictionary<string, string>(),
            Socket = "/run/crio/crio.sock",
            SandboxImage = "holdfast.local/pause:1",
            CgroupDriver = CgroupDriver.Systemd,
            CniPluginDirectory = "/opt/cni/bin",
        };

    private static string Edit(string text, ProgramVersion? version, int? timeout = null)
    {
        var config = new EdgecoreConfig(Node, new KubeEdgeCluster { RuntimeRequestTimeout = timeout });
        var once = config.Edit(Encoding.UTF8.GetBytes(text), version);
        Assert.Equal(once, config.Edit(once, version));
        return Encoding.UTF8.GetString(once);
    }

    [Fact]
    public void Version_1_3_gets_its_keys_below_edged_and_keeps_its_comments()
    {
        Assert.Equal(
            """
            # our edge site
            apiVersion: edgecore.config.kubeedge.io/v1alpha1
            database:
              aliasName: default
              dataSource: /var/lib/kubeedge/edgecore.db
            kind: EdgeCore
            modules:
              edgeHub:
                heartbeat: 15  # second
                httpServer: https://192.168.44.140:10002
                token: "8ca51df9ad5b4e3b.eyJhbGciOiJIUzI1NiJ9"
              edged:
                cgroupDriver: systemd
                edgedMemoryCapacity: 7852396000
                podSandboxImage: holdfast.local/pause:1
                remoteImageEndpoint: unix:///run/crio/crio.sock
                remoteRuntimeEndpoint: unix:///run/crio/crio.sock # Docker
                runtimeRequestTimeout: 2
                runtimeType: remote
                cniConfDir: /etc/cni/net.d
                cniBinDir: /opt/cni/bin

            """,
            Edit(Old, new ProgramVersion(1, 3))
        );
        Assert.Equal(Edit(Old, new ProgramVersion(1, 3)), Edit(Old, version: null));
    }

    [Fact]
    public void Versions_1_12_to_1_15_get_the_driver_below_the_kubelet_and_the_endpoints_beside_it() =>
        Assert.Equal(
            """
            apiVersion: edgecore.config.kubeedge.io/v1alpha2
            kind: EdgeCore
            modules:
              edged:
                containerRuntime: remote
                cniConfDir: /etc/cni/net.d
                enable: true
                podSandboxImage: holdfast.local/pause:1
                remoteImageEndpoint: unix:///run/crio/crio.sock
                remoteRuntimeEndpoint: unix:///run/crio/crio.sock
                tailoredKubeletConfig:
                  # where the kubelet listens
                  address: 127.0.0.1
                  cgroupDriver: systemd
                  runtimeRequestTimeout: 4m0s

            """,
            Edit(Tailored, new ProgramVersion(1, 13))
        );

    [Fact]
    public void Versions_1_16_and_1_17_read_both_styles()
    {
        var document = YamlDocument.Parse(Edit(Tailored, new ProgramVersion(1, 17)), "f");
        Assert.Equal("unix:///run/crio/crio.sock", document.GetString("modules", "edged", "remoteRuntimeEndpoint"));
        Assert.Equal(
            "unix:///run/crio/crio.sock",
            document.GetString("modules", "edged", "tailoredKubeletConfig", "imageServiceEndpoint")
        );
    }

    [Fact]
    public void Version_1_18_gets_the_kubelets_keys_only()
    {
        const string wanted = """
            apiVersion: edgecore.config.kubeedge.io/v1alpha2
            kind: EdgeCore
            modules:
              edged:
                podSandboxImage: holdfast.local/pause:1
                tailoredKubeletConfig:
                  cgroupDriver: systemd
                  containerRuntimeEndpoint: unix:///run/crio/crio.sock
                  runtimeRequestTimeout: 2m0s
                  imageServiceEndpoint: unix:///run/crio/crio.sock
              eventBus:
                mqttMode: 2

            """;
        Assert.Equal(wanted, Edit(New, new ProgramVersion(1, 18)));
        Assert.Equal(wanted, Edit(New, new ProgramVersion(1, 23)));
        // What nobody can say, the file does.
        Assert.Equal(wanted, Edit(New, version: null));
    }

    /// <summary>A file of v1alpha1 whose apiVersion was raised by hand.</summary>
    [Fact]
    public void Old_keys_that_were_kept_in_a_new_file_are_corrected()
    {
        const string text = """
            apiVersion: edgecore.config.kubeedge.io/v1alpha2
            kind: EdgeCore
            modules:
              edged:
                enable: true
                cgroupDriver: cgroupfs
                nodeIP: ""  # auto
                remoteImageEndpoint: unix:///var/run/containerd/containerd.sock
                remoteRuntimeEndpoint: unix:///var/run/containerd/containerd.sock
                runtimeType: containerd
                runtimeRequestTimeout: 120

              edgeHub:
                websocket: {enable: true, server: 10.0.0.1:10000}

            """;
        const string wanted = """
            apiVersion: edgecore.config.kubeedge.io/v1alpha2
            kind: EdgeCore
            modules:
              edged:
                enable: true
                cgroupDriver: systemd
                nodeIP: ""  # auto
                remoteImageEndpoint: unix:///run/crio/crio.sock
                remoteRuntimeEndpoint: unix:///run/crio/crio.sock
                runtimeType: remote
                runtimeRequestTimeout: 2
                podSandboxImage: holdfast.local/pause:1
                tailoredKubeletConfig:
                  cgroupDriver: systemd
                  runtimeRequestTimeout: 2m0s
                  containerRuntimeEndpoint: unix:///run/crio/crio.sock
                  imageServiceEndpoint: unix:///run/crio/crio.sock

              edgeHub:
                websocket: {enable: true, server: 10.0.0.1:10000}

            """;
        Assert.Equal(wanted, Edit(text, new ProgramVersion(1, 18)));
    }

    [Fact]
    public void Tabs_are_named_with_their_line() =>
        Assert.Equal(
            "cannot read /etc/kubeedge/config/edgecore.yaml as YAML: line 4, column 1: a tab indents this line; "
                + "YAML is indented with spaces, replace the tab by them; correct the file",
            Assert
                .Throws<NodeException>(() =>
                    Edit(
                        "apiVersion: edgecore.config.kubeedge.io/v1alpha2\nkind: EdgeCore\nmodules:\n\tedged:\n\t\tenable: true\n",
                        null
                    )
                )
                .Message
        );

    [Fact]
    public void A_file_with_the_least_in_it_is_filled_up()
    {
        const string least = "apiVersion: edgecore.config.kubeedge.io/v1alpha2\nkind: EdgeCore\n";
        var document = YamlDocument.Parse(Edit(least, new ProgramVersion(1, 18)), "f");
        Assert.Null(document.Get("modules", "edged", "remoteRuntimeEndpoint"));
        Assert.Equal("systemd", document.GetString("modules", "edged", "tailoredKubeletConfig", "cgroupDriver"));
        // Without a version both are written: an unknown key does no harm.
        document = YamlDocument.Parse(Edit(least, version: null), "f");
        Assert.NotNull(document.Get("modules", "edged", "remoteRuntimeEndpoint"));
    }

    [Fact]
    public void The_timeout_of_the_document_is_in_minutes_in_every_version()
    {
        Assert.Contains("runtimeRequestTimeout: 5\n", Edit(Old, null, timeout: 5), StringComparison.Ordinal);
        Assert.Contains("runtimeRequestTimeout: 5m0s\n", Edit(New, null, timeout: 5), StringComparison.Ordinal);
        Assert.Contains("runtimeRequestTimeout: 4m0s\n", Edit(Tailored, null, timeout: 4), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("edged:\n  remote-runtime-endpoint: unix:///x\n", "its apiVersion is missing")]
    [InlineData("apiVersion: v1\nkind: Pod\n", "its apiVersion is v1")]
    [InlineData("apiVersion: [\n", "cannot read /etc/kubeedge/config/edgecore.yaml as YAML: line")]
    public void Another_file_is_left_alone(string text, string words) =>
        Assert.Contains(words, Assert.Throws<NodeException>(() => Edit(text, null)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_join_token_in_the_file_is_not_shown()
    {
        var shown = DocumentSecrets.Mask(Old);
        Assert.DoesNotContain("8ca51df9", shown, StringComparison.Ordinal);
        Assert.Equal(Old.Replace("\"8ca51df9ad5b4e3b.eyJhbGciOiJIUzI1NiJ9\"", "***", StringComparison.Ordinal), shown);
    }

    [Theory]
    [InlineData("cluster: { kubeedge: { token: se.cret } }\n")]
    [InlineData("token: >-\n  se.cret\n")]
    [InlineData("token:\n  se.cret\n")]
    [InlineData("note: &t se.cret\ntoken: *t\n")]
    [InlineData("token: 'se.cret' # it was se.cret\nother: se.cret\n")]
    [InlineData("credentials: { username: a, password: se.cret }\n")]
    [InlineData("token: [se.cret\n")]
    [InlineData("a: 1\n---\ntoken: se.cret\n")]
    public void A_secret_is_hidden_however_it_is_written(string text) =>
        Assert.DoesNotContain("se.cret", DocumentSecrets.Mask(text), StringComparison.Ordinal);
}
