using Holdfast.Node.Pods;

namespace Holdfast.Node.Tests.Pods;

/// <summary>What agents and runtimes leave outside of their own data is removed when it is empty, and named otherwise.</summary>
public sealed class RemnantsTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public void Empty_directories_go_and_others_are_named()
    {
        Make("/usr/libexec/kubernetes/kubelet-plugins/volume/exec");
        Make("/var/log/crio");
        Make("/var/lib/containers/storage");
        node.Write("/var/log/pods/default_web_u1/web/0.log", "hello\n");
        node.Write("/etc/crio/policies/mine.json", "{}");
        Make("/etc/crio/auth");

        var left = Remnants.TidyUp(node.Machine, hadAgent: true, hadCrio: true);
        Assert.Equal(["/var/log/pods", "/var/lib/containers", "/etc/crio"], left.Select(place => place.Directory));
        Assert.All(left, place => Assert.NotEmpty(place.What));
        Assert.False(node.Machine.Exists("/usr/libexec/kubernetes"));
        Assert.False(node.Machine.Exists("/var/log/crio"));
        Assert.False(node.Machine.Exists("/etc/crio/auth"));

        // podman shares it, and expects its empty directories too.
        Assert.True(node.Machine.Exists("/var/lib/containers/storage"));
    }

    [Fact]
    public void Where_there_was_neither_agent_nor_CRI_O_nothing_is_looked_at()
    {
        Make("/var/log/crio");
        Make("/var/log/pods");
        Assert.Empty(Remnants.TidyUp(node.Machine, hadAgent: false, hadCrio: false));
        Assert.True(node.Machine.Exists("/var/log/crio"));
        Assert.True(node.Machine.Exists("/var/log/pods"));
    }

    private void Make(string directory) => Directory.CreateDirectory(node.Machine.At(directory));
}
