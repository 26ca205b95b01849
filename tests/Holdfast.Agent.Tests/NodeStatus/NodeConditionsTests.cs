using Holdfast.Agent.NodeStatus;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests.NodeStatus;

public sealed class NodeConditionsTests
{
    private static readonly RuntimeHealth Well = new("containerd", "", "");

    [Fact]
    public void A_node_is_ready_when_its_default_runtime_and_network_are()
    {
        Assert.Equal("True", Ready([Well]).Status);
        Assert.Equal(
            ("False", "ContainerRuntimeDown"),
            (Ready([Well with { Trouble = "gone" }]).Status, Ready([Well with { Trouble = "gone" }]).Reason)
        );
        Assert.Equal("ContainerRuntimeNetworkNotReady", Ready([Well with { NetworkTrouble = "no cni" }]).Reason);
    }

    [Fact]
    public void A_second_runtime_that_is_away_has_a_condition_of_its_own()
    {
        var conditions = NodeConditions.Build([Well, new("crio", "gone", "")], [], [], TestPods.Now);
        Assert.Equal("True", conditions.Single(c => c.Type == "Ready").Status);
        Assert.Equal("False", conditions.Single(c => c.Type == "holdfast.dev/crio").Status);
    }

    [Fact]
    public void The_transition_time_stays_while_the_status_does()
    {
        var before = NodeConditions.Build([Well], [], [], TestPods.Now);
        var later = TestPods.Now.AddMinutes(5);
        var after = NodeConditions.Build([Well], [], before, later);
        Assert.All(after, c => Assert.Equal((TestPods.Now, later), (c.LastTransitionTime, c.LastHeartbeatTime)));
        var down = NodeConditions.Build([Well with { Trouble = "gone" }], [], before, later);
        Assert.Equal(later, down.Single(c => c.Type == "Ready").LastTransitionTime);
    }

    private static NodeCondition Ready(RuntimeHealth[] health) =>
        NodeConditions.Build(health, [], [], TestPods.Now).Single(c => c.Type == "Ready");
}
