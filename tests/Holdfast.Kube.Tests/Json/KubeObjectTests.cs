using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Kube.Tests.Generators;

namespace Holdfast.Kube.Tests.Json;

public sealed class KubeObjectTests
{
    private static KubeObject Pod() => KubeObject.Parse(Encoding.UTF8.GetBytes(Samples.Pod));

    [Fact]
    public void Metadata_is_read()
    {
        var o = Pod();

        Assert.Equal(
            ("v1", "Pod", "web", "default", "u1", "7"),
            (o.ApiVersion, o.Kind, o.Name, o.Namespace, o.Uid, o.ResourceVersion)
        );
        Assert.Equal(3, o.Generation);
        Assert.Equal(30, o.DeletionGracePeriodSeconds);
        Assert.Equal(new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero), o.CreationTimestamp);
        Assert.Null(o.DeletionTimestamp);
        Assert.Equal("web", o.Labels["app"]);
        Assert.Equal(["f"], o.Finalizers);
        Assert.Equal("u2", Assert.Single(o.OwnerReferences).Uid);
        Assert.Equal("kata", o.TextAt("spec", "runtimeClassName"));
        Assert.Null(o.At("spec", "containers", "x"));
        Assert.Equal("Pod default/web", o.ToString());
    }

    [Fact]
    public void Metadata_is_written_and_empty_values_remove_their_keys()
    {
        var o = new KubeObject(new JsonObject { ["kind"] = "Pod" })
        {
            Name = "a",
            ResourceVersion = "9",
            Generation = 2,
            DeletionTimestamp = DateTimeOffset.UnixEpoch,
        };
        o.SetLabel("l", "v");
        o.SetAnnotation("gone", null);

        Assert.Equal(2, o.Generation);
        Assert.Equal(
            """{"kind":"Pod","metadata":{"name":"a","resourceVersion":"9","generation":2,"deletionTimestamp":"1970-01-01T00:00:00Z","labels":{"l":"v"}}}""",
            Encoding.UTF8.GetString(o.ToUtf8())
        );

        (o.ResourceVersion, o.Generation, o.DeletionTimestamp) = ("", 0, null);
        o.SetLabel("l", null);
        Assert.Equal("""{"kind":"Pod","metadata":{"name":"a","labels":{}}}""", Encoding.UTF8.GetString(o.ToUtf8()));
    }

    [Fact]
    public void A_clone_does_not_follow_its_original()
    {
        var o = Pod();
        var clone = o.DeepClone();
        o.Name = "other";

        Assert.Equal("web", clone.Name);
    }

    [Fact]
    public void Records_and_objects_turn_into_each_other()
    {
        var pod = KubeObject.From(new Pod { Metadata = new() { Name = "a" } });

        Assert.Equal(("v1", "Pod", "a"), (pod.ApiVersion, pod.Kind, pod.Name));
        Assert.Equal("a", pod.To<Pod>().Metadata.Name);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("{\"metadata\":[]}")]
    public void What_is_no_object_is_refused(string text) =>
        Assert.Equal(
            KubeReason.Malformed,
            Assert.Throws<KubeException>(() => KubeObject.Parse(Encoding.UTF8.GetBytes(text))).Reason
        );
}
