using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes;

namespace Holdfast.Node.Tests.Runtimes;

public sealed class NodeCgroupDriverTests
{
    private static MachineFacts Facts(bool isSystemd, CgroupMode mode) =>
        new()
        {
            Architecture = "amd64",
            Cgroups = mode,
            IsSystemd = isSystemd,
            CniPluginDirectory = "/usr/lib/cni",
        };

    private static EdgeNodeSpec Spec(string runtimes) =>
        NodeDocument
            .Parse($"apiVersion: holdfast.dev/v1\nkind: EdgeNode\nspec: {{ runtimes: [{runtimes}] }}\n", "f", "host1")
            .Spec!;

    [Theory]
    [InlineData(true, CgroupMode.V2, CgroupDriver.Systemd)]
    [InlineData(true, CgroupMode.Hybrid, CgroupDriver.Cgroupfs)]
    [InlineData(true, CgroupMode.V1, CgroupDriver.Cgroupfs)]
    [InlineData(false, CgroupMode.V2, CgroupDriver.Cgroupfs)]
    [InlineData(false, CgroupMode.Hybrid, CgroupDriver.Cgroupfs)]
    public void Auto_is_systemd_only_where_systemd_has_the_one_tree(
        bool isSystemd,
        CgroupMode mode,
        CgroupDriver expected
    ) => Assert.Equal(expected, NodeCgroupDriver.Resolve(Spec("{ name: containerd }"), Facts(isSystemd, mode)));

    [Fact]
    public void What_one_runtime_says_counts_for_all() =>
        Assert.Equal(
            CgroupDriver.Cgroupfs,
            NodeCgroupDriver.Resolve(
                Spec("{ name: a }, { name: b, cgroupDriver: cgroupfs }"),
                Facts(true, CgroupMode.V2)
            )
        );

    [Fact]
    public void Systemds_driver_without_systemd_is_refused() =>
        Assert.Throws<NodeException>(() =>
            NodeCgroupDriver.Resolve(Spec("{ name: a, cgroupDriver: systemd }"), Facts(false, CgroupMode.V2))
        );

    [Fact]
    public void Two_runtimes_may_not_differ() =>
        Assert.Null(Spec("{ name: a, cgroupDriver: systemd }, { name: b, cgroupDriver: cgroupfs }"));
}
