using Holdfast.Agent.Objects;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests;

public sealed class ObjectReferencesTests
{
    [Fact]
    public void A_pod_is_woken_by_every_object_it_is_made_from()
    {
        var pod = TestPods.Pod(
            new PodSpec
            {
                RuntimeClassName = "kata",
                ImagePullSecrets = [new() { Name = "pull" }],
                Volumes =
                [
                    new()
                    {
                        Name = "a",
                        ConfigMap = new() { Name = "cm1" },
                    },
                    new()
                    {
                        Name = "b",
                        Projected = new() { Sources = [new() { Secret = new() { Name = "s1" } }] },
                    },
                ],
                Containers =
                [
                    TestPods.Container() with
                    {
                        EnvFrom = [new() { SecretRef = new() { Name = "s2" } }],
                        Env =
                        [
                            new()
                            {
                                Name = "X",
                                ValueFrom = new()
                                {
                                    ConfigMapKeyRef = new() { Name = "cm2", Key = "k" },
                                },
                            },
                        ],
                    },
                ],
            }
        );

        Assert.Equal(
            [
                "runtimeclasses.node.k8s.io//kata",
                "secrets/shop/pull",
                "configmaps/shop/cm1",
                "secrets/shop/s1",
                "secrets/shop/s2",
                "configmaps/shop/cm2",
            ],
            ObjectReferences.Of(pod).Select(k => $"{k.Resource}/{k.Namespace}/{k.Name}")
        );
    }
}
