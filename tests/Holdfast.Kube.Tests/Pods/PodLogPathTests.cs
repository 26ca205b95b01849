namespace Holdfast.Kube.Tests.Pods;

public sealed class PodLogPathTests
{
    [Fact]
    public void The_layout_is_the_kubelets()
    {
        Assert.Equal("ns_pod_uid", PodLogPath.Directory("ns", "pod", "uid"));
        Assert.Equal("ns_pod_uid/c", PodLogPath.Container("ns", "pod", "uid", "c"));
        Assert.Equal("3.log", PodLogPath.File(3));
        Assert.Equal("pod_ns_c-id.log", PodLogPath.LegacyLink("pod", "ns", "c", "id"));
    }

    [Fact]
    public void A_long_link_stays_a_legal_file_name_and_keeps_the_container_id()
    {
        var link = PodLogPath.LegacyLink(new string('p', 253), "ns", "c", new string('f', 64));

        Assert.True(link.Length <= 255);
        Assert.EndsWith($"-{new string('f', 64)}.log", link, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_read_back()
    {
        Assert.Equal(("ns", "pod", "uid"), PodLogPath.ParseDirectory("ns_pod_uid"));
        Assert.Null(PodLogPath.ParseDirectory("lost+found"));
        Assert.Null(PodLogPath.ParseDirectory("a_b_"));
        Assert.Equal(12, PodLogPath.ParseFile("12.log"));
        Assert.Null(PodLogPath.ParseFile("12.log.20240101"));
        Assert.Null(PodLogPath.ParseFile("x.log"));
    }
}
