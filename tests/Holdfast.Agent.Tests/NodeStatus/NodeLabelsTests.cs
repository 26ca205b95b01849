using Holdfast.Agent.NodeStatus;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests.NodeStatus;

public sealed class NodeLabelsTests
{
    private readonly KubeObject node = new([]);

    [Fact]
    public void A_label_that_leaves_the_document_leaves_the_node()
    {
        Assert.True(Put(("disktype", "ssd"), ("katacontainers.io/kata-runtime", "true")));
        Assert.Equal("disktype,katacontainers.io/kata-runtime", node.Annotations[NodeLabels.OwnKeys]);
        Assert.False(Put(("katacontainers.io/kata-runtime", "true"), ("disktype", "ssd")));

        Assert.True(Put(("disktype", "hdd")));
        Assert.Equal("hdd", node.Labels["disktype"]);
        Assert.DoesNotContain("katacontainers.io/kata-runtime", node.Labels);

        Assert.True(Put());
        Assert.DoesNotContain("disktype", node.Labels);
        Assert.Empty(node.Annotations);
        Assert.Equal("edge-1", node.Labels["kubernetes.io/hostname"]);
        Assert.False(Put());
    }

    [Fact]
    public void A_label_of_a_person_stays()
    {
        node.SetLabel("rack", "7");
        Put(("disktype", "ssd"));
        node.SetLabel("mine", "yes");
        Put();
        Assert.Equal("7", node.Labels["rack"]);
        Assert.Equal("yes", node.Labels["mine"]);
        Assert.DoesNotContain("disktype", node.Labels);
    }

    [Fact]
    public void A_label_that_a_person_took_away_or_changed_is_put_right()
    {
        Put(("disktype", "ssd"));
        node.SetLabel("disktype", null);
        Assert.True(Put(("disktype", "ssd")));
        node.SetLabel("kubernetes.io/os", "plan9");
        Assert.True(Put(("disktype", "ssd")));
        Assert.Equal(("ssd", "linux"), (node.Labels["disktype"], node.Labels["kubernetes.io/os"]));
    }

    [Fact]
    public void A_label_of_Kubernetes_own_that_a_document_said_too_stays()
    {
        Put(("kubernetes.io/arch", "any"));
        Put();
        Assert.Equal(NodeInfoReader.Architecture, node.Labels["kubernetes.io/arch"]);
    }

    private bool Put(params (string Key, string Value)[] labels) =>
        new NodeLabels("edge-1", labels.ToDictionary(l => l.Key, l => l.Value)).PutOn(node);
}
