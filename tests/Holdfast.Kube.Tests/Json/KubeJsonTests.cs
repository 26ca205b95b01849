using System.Text;

namespace Holdfast.Kube.Tests.Json;

public sealed class KubeJsonTests
{
    [Fact]
    public void Absent_and_null_collections_and_strings_read_as_empty()
    {
        var pod = KubeJson.Deserialize<Pod>("""{"metadata":{"name":"a","labels":null},"spec":{"containers":null}}"""u8);

        Assert.Equal("v1", pod.ApiVersion);
        Assert.Equal("Pod", pod.Kind);
        Assert.Equal("", pod.Metadata.Namespace);
        Assert.Empty(pod.Metadata.Labels);
        Assert.Empty(pod.Metadata.Finalizers);
        Assert.Empty(pod.Spec.Containers);
        Assert.Empty(pod.Spec.NodeSelector);
        Assert.Null(pod.Spec.RestartPolicy);
    }

    [Fact]
    public void Nulls_empty_strings_and_empty_collections_are_not_written()
    {
        var json = Encoding.UTF8.GetString(KubeJson.Serialize(new Pod { Metadata = new() { Name = "a" } }));

        Assert.Equal("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{},"status":{}}""", json);
    }

    [Fact]
    public void A_pod_comes_back_as_it_was_written()
    {
        const string Text = """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default","uid":"u1","generation":3,
            "creationTimestamp":"2024-05-06T07:08:09Z","labels":{"app":"web"},"ownerReferences":[{"apiVersion":"apps/v1",
            "kind":"ReplicaSet","name":"rs","uid":"u2","controller":true}]},"spec":{"volumes":[{"name":"v","emptyDir":
            {"medium":"Memory","sizeLimit":"1Gi"}}],"containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80}],
            "env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],"resources":{"limits":{"cpu":"500m"}},
            "readinessProbe":{"httpGet":{"path":"/","port":"http"}}}],"hostNetwork":true,"runtimeClassName":"kata"},
            "status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}],"containerStatuses":[{"name":"c",
            "state":{"running":{"startedAt":"2024-05-06T07:08:10Z"}},"lastState":{},"ready":true,"restartCount":0,
            "image":"nginx","imageID":"","containerID":"containerd://1"}]}}
            """;

        var pod = KubeJson.Deserialize<Pod>(Encoding.UTF8.GetBytes(Text));
        var written = Encoding.UTF8.GetString(KubeJson.Serialize(pod));

        Assert.Equal(Text.ReplaceLineEndings(""), written);
    }

    [Fact]
    public void Event_times_have_microseconds()
    {
        var at = new DateTimeOffset(2024, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        var json = Encoding.UTF8.GetString(KubeJson.Serialize(new Event { EventTime = at, LastTimestamp = at }));

        Assert.Contains("\"eventTime\":\"2024-01-02T03:04:05.678000Z\"", json, StringComparison.Ordinal);
        Assert.Contains("\"lastTimestamp\":\"2024-01-02T03:04:05Z\"", json, StringComparison.Ordinal);
        Assert.Equal(at, KubeJson.Deserialize<Event>(Encoding.UTF8.GetBytes(json)).EventTime);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"metadata\":1}")]
    [InlineData("{\"metadata\":{\"creationTimestamp\":\"yesterday\"}}")]
    [InlineData("{\"spec\":{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"much\"}}}]}}")]
    public void What_is_no_pod_is_refused_with_a_reason(string text)
    {
        var e = Assert.Throws<KubeException>(() => KubeJson.Deserialize<Pod>(Encoding.UTF8.GetBytes(text)));

        Assert.Equal(KubeReason.Malformed, e.Reason);
        Assert.StartsWith("cannot read Pod", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{")]
    [InlineData("{} {}")]
    public void Nodes_that_would_throw_later_are_refused_at_the_door(string text)
    {
        var e = Assert.Throws<KubeException>(() => KubeJson.ParseNode(Encoding.UTF8.GetBytes(text)));

        Assert.Equal(KubeReason.Malformed, e.Reason);
    }
}
