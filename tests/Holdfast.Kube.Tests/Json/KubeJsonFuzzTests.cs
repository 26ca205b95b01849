using System.Text;
using Holdfast.Kube.Tests.Generators;
using Holdfast.Testing;

namespace Holdfast.Kube.Tests.Json;

public sealed class KubeJsonFuzzTests
{
    [Fact]
    public void Broken_pods_are_refused_with_the_rooms_own_exception() =>
        Choices.Check(
            1000,
            choices =>
            {
                var bytes = RandomJson.Mutate(choices, Samples.Pod);
                RandomJson.MayRefuse(() => KubeJson.Deserialize<Pod>(bytes));
                RandomJson.MayRefuse(() =>
                {
                    var o = KubeObject.Parse(bytes);
                    _ = (o.Name, o.Generation, o.CreationTimestamp, o.Labels.Count, o.Finalizers.Count, o.ToString());
                    _ = o.OwnerReferences;
                    _ = o.To<Pod>();
                    _ = o.ToUtf8();
                });
            }
        );

    [Fact]
    public void What_was_written_once_is_written_the_same_again() =>
        Choices.Check(
            1000,
            choices =>
            {
                var bytes = RandomJson.Mutate(choices, Samples.Pod);
                RandomJson.MayRefuse(() =>
                {
                    var once = KubeJson.Serialize(KubeJson.Deserialize<Pod>(bytes));
                    Assert.Equal(once, KubeJson.Serialize(KubeJson.Deserialize<Pod>(once)));
                });
            }
        );

    [Fact]
    public void Any_json_passes_through_an_object_unchanged() =>
        Choices.Check(
            1000,
            choices =>
            {
                var json = RandomJson.Object(choices);
                json.Remove("metadata");
                var text = json.ToJsonString();
                var again = KubeObject.Parse(Encoding.UTF8.GetBytes(text));
                Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(json, again.Json));
                Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(json, KubeJson.ParseNode(again.ToUtf8())));
            }
        );
}
