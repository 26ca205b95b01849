using Holdfast.Document;

namespace Holdfast.Document.Tests;

public sealed class ClusterDocumentTests
{
    private const string Hash = "sha256:8077d4e7dd6eee64a999d56866ae4336073ed5ffc3f23281d757276b08b9b195";
    private const string Token = "3zefbt.99e6denc1cxpk9fg";

    private static NodeDocumentResult Parse(string cluster, string metadata = "{}") =>
        NodeDocument.Parse(
            $"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nmetadata: {metadata}\nspec:\n  cluster: {cluster}\n",
            "node.yaml",
            "host1"
        );

    private static T Good<T>(string cluster)
        where T : ClusterSpec
    {
        var result = Parse(cluster);
        Assert.Empty(result.Errors);
        return Assert.IsType<T>(result.Spec!.Cluster);
    }

    private static void Says(string cluster, params string[] errors) =>
        Assert.Equal(errors, Parse(cluster).Errors.Select(e => $"{e.Path}: {e.Message}"));

    [Fact]
    public void A_node_that_joins_Kubernetes_has_endpoint_token_and_hash()
    {
        var cluster = Good<KubernetesCluster>(
            $$"""{ kubernetes: { join: { endpoint: "192.168.3.167:6443", token: {{Token}}, caCertHash: "{{Hash}}" } } }"""
        );
        Assert.Null(cluster.Init);
        Assert.Equal(new ClusterJoin("192.168.3.167:6443", new SecretSpec.Literal(Token), Hash), cluster.Join);
        Assert.Equal("kubelet", cluster.AgentService);
        Assert.DoesNotContain(Token, cluster.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_first_node_of_Kubernetes_says_only_what_differs_from_the_default()
    {
        var cluster = Good<KubernetesCluster>(
            """
            { kubernetes: { init: { advertiseAddress: 192.168.3.167, podSubnet: 172.16.0.0/16,
                imageRepository: registry.cn-hangzhou.aliyuncs.com/google_containers, kubernetesVersion: 1.18.9 } } }
            """
        );
        Assert.Equal(
            new KubeadmInit
            {
                AdvertiseAddress = "192.168.3.167",
                PodSubnet = "172.16.0.0/16",
                ImageRepository = "registry.cn-hangzhou.aliyuncs.com/google_containers",
                KubernetesVersion = "v1.18.9",
            },
            cluster.Init
        );
        Assert.Equal(new KubeadmInit(), Good<KubernetesCluster>("{ kubernetes: { init: {} } }").Init);
    }

    [Fact]
    public void An_agent_that_is_there_already_needs_no_more_than_the_name_of_the_cluster()
    {
        Assert.Null(Good<KubernetesCluster>("{ kubernetes: {} }").Join);
        Assert.Null(Good<OpenYurtCluster>("{ openyurt: {} }").Join);
        var edge = Good<KubeEdgeCluster>("{ kubeedge: {} }");
        Assert.Equal("/etc/kubeedge/config/edgecore.yaml", edge.EdgecoreConfig);
        Assert.Null(edge.Cloudcore);
        Assert.Equal("edgecore", edge.AgentService);
    }

    [Fact]
    public void An_OpenYurt_node_is_of_the_edge_and_joins_with_yurtadm_unless_it_says_otherwise()
    {
        var join = $"endpoint: \"[fd00::1]:6443\", tokenFile: /etc/token, caCertHash: \"{Hash}\"";
        var usual = Good<OpenYurtCluster>($"{{ openyurt: {{ {join} }} }}");
        Assert.Equal((YurtNodeType.Edge, YurtJoinTool.Yurtadm), (usual.NodeType, usual.JoinBy));
        Assert.Equal(new SecretSpec.InFile("/etc/token"), usual.Join!.Token);
        var other = Good<OpenYurtCluster>($"{{ openyurt: {{ {join}, nodeType: cloud, joinBy: kubeadm }} }}");
        Assert.Equal((YurtNodeType.Cloud, YurtJoinTool.Kubeadm), (other.NodeType, other.JoinBy));
    }

    [Fact]
    public void A_KubeEdge_node_joins_cloudcore()
    {
        var edge = Good<KubeEdgeCluster>(
            "{ kubeedge: { cloudcore: \"cloud.example:10000\", tokenFile: /etc/t, version: v1.18.0, runtimeRequestTimeout: 3 } }"
        );
        Assert.Equal(("cloud.example:10000", "1.18.0", 3), (edge.Cloudcore, edge.Version, edge.RuntimeRequestTimeout));
    }

    [Fact]
    public void Every_mistake_of_a_cluster_is_told_and_no_message_shows_a_token() =>
        Says(
            "{ openyurt: { endpoint: nowhere, token: 123456.0123456789, caCertHash: md5, nodeType: fog } }",
            "spec.cluster.openyurt.endpoint: \"nowhere\" is not a host and a port such as 192.168.3.167:6443",
            "spec.cluster.openyurt.token: is not a token of this kind (it is not shown here on purpose)",
            "spec.cluster.openyurt.caCertHash: \"md5\" is not sha256: and 64 hexadecimal digits",
            "spec.cluster.openyurt.nodeType: \"fog\" is not one of edge, cloud"
        );

    [Fact]
    public void What_is_missing_for_a_join_is_said_with_where_it_comes_from() =>
        Says(
            "{ kubernetes: { join: {} } }",
            "spec.cluster.kubernetes.join.endpoint: is missing; it is the API server's host and port, such as 192.168.3.167:6443",
            "spec.cluster.kubernetes.join.tokenFile: is missing; kubeadm token create on the control plane makes a token",
            "spec.cluster.kubernetes.join.caCertHash: is missing; kubeadm token create --print-join-command shows it"
        );

    [Fact]
    public void A_key_of_a_join_with_nothing_behind_it_is_missing() =>
        Says(
            $"{{ kubernetes: {{ join: {{ endpoint: , tokenFile: /t, caCertHash: \"{Hash}\" }} }} }}",
            "spec.cluster.kubernetes.join.endpoint: is missing; it is the API server's host and port, such as 192.168.3.167:6443"
        );

    [Fact]
    public void Alternatives_exclude_each_other() =>
        Says(
            "{ kubeedge: { cloudcore: \"c:1\", token: a, tokenFile: /b, runtimeRequestTimeout: 120 } }",
            "spec.cluster.kubeedge.token: and tokenFile exclude each other; the file is the better place",
            "spec.cluster.kubeedge.runtimeRequestTimeout: must be a whole number of minutes from 1 to 60"
        );

    [Theory]
    [InlineData("node-role.kubernetes.io/edge", false)]
    [InlineData("node.kubernetes.io/pool", true)]
    [InlineData("disktype", true)]
    public void A_label_that_the_kubelet_would_refuse_to_start_with_is_an_error(string key, bool isGood)
    {
        var result = Parse("{ kubernetes: {} }", $"{{ labels: {{ {key}: \"x\" }} }}");
        Assert.Equal(isGood, result.Errors.Count == 0);
        Assert.Empty(Parse("{ standalone: {} }", $"{{ labels: {{ {key}: \"x\" }} }}").Errors);
    }
}
