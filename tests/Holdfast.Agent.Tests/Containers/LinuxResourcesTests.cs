using Holdfast.Agent.Containers;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests.Containers;

public sealed class LinuxResourcesTests
{
    [Fact]
    public void Class_of_service_follows_from_requests_and_limits()
    {
        Assert.Equal("BestEffort", Qos(new ResourceRequirements()));
        Assert.Equal("Burstable", Qos(TestPods.Resources("100m", null, null, null)));
        Assert.Equal("Burstable", Qos(TestPods.Resources("100m", "1Mi", "200m", "1Mi")));
        Assert.Equal("Guaranteed", Qos(TestPods.Resources("100m", "1Mi", "100m", "1Mi")));
        Assert.Equal("Guaranteed", Qos(TestPods.Resources(null, null, "100m", "1Mi")));
        Assert.Equal("Burstable", Qos(TestPods.Resources(null, null, "100m", "1Mi"), new ResourceRequirements()));
    }

    [Fact]
    public void Numbers_are_those_of_the_kubelet()
    {
        var limited = Build(TestPods.Resources("250m", "1Gi", "500m", "2Gi"));
        Assert.Equal(256, limited.CpuShares);
        Assert.Equal((100_000, 50_000), (limited.CpuPeriod, limited.CpuQuota));
        Assert.Equal(2L << 30, limited.MemoryLimitInBytes);
        Assert.Equal(875, limited.OomScoreAdj);

        var free = Build(new ResourceRequirements());
        Assert.Equal((2, 0, 1000), (free.CpuShares, free.CpuQuota, free.OomScoreAdj));

        var guaranteed = Build(TestPods.Resources(null, null, "1m", "1Gi"));
        Assert.Equal((2, 1000, -997), (guaranteed.CpuShares, guaranteed.CpuQuota, guaranteed.OomScoreAdj));
    }

    private static string Qos(params ResourceRequirements[] all) =>
        QosClass.Of(
            new PodSpec { Containers = all.Select(r => TestPods.Container() with { Resources = r }).ToArray() }
        );

    private static Holdfast.Cri.V1.LinuxContainerResources Build(ResourceRequirements resources)
    {
        var container = TestPods.Container() with { Resources = resources };
        return LinuxResourcesBuilder.Build(TestPods.Pod(container), container, TestPods.Node.MemoryBytes);
    }
}
