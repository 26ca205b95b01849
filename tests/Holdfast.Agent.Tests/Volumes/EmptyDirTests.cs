using Holdfast.Agent.Volumes;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.Agent.Tests.Volumes;

public sealed class EmptyDirTests : IDisposable
{
    private const UnixFileMode Anybody = (UnixFileMode)0x1FF;
    private const UnixFileMode OwnerOnly = (UnixFileMode)0x1C0;

    private readonly TemporaryDirectory directory = new("hfe");

    public void Dispose() => directory.Dispose();

    [Fact]
    public void Mode_that_a_container_gave_its_directory_stays()
    {
        var options = new AgentOptions { NodeName = "edge-1", Paths = new NodePaths(directory["node"]) };
        var pod = TestPods.Pod(
            new PodSpec { Volumes = [new Volume { Name = "data", EmptyDir = new EmptyDirVolumeSource() }] }
        );
        var made = SetUp(options, pod);
        Assert.Equal(Anybody, File.GetUnixFileMode(made));

        // As PostgreSQL does with its data.
        File.SetUnixFileMode(made, OwnerOnly);
        Assert.Equal(made, SetUp(options, pod));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(made));
    }

    private static string SetUp(AgentOptions options, Pod pod)
    {
        // Each time as by a new agent, which remembers nothing.
        var mounter = new VolumeMounter(
            options,
            new PayloadBuilder(new TestObjects(), TestPods.Node),
            TimeProvider.System
        );
        var container = TestPods.Container() with { VolumeMounts = [new() { Name = "data", MountPath = "/data" }] };
        return mounter.SetUp(pod, []).Mount(pod, container, container.VolumeMounts[0], text => text).HostPath;
    }
}
