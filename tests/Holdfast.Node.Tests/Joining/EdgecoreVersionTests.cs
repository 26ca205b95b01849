using System.Text;
using Holdfast.Document;
using Holdfast.Node.Joining;
using Holdfast.Node.Runtimes;

namespace Holdfast.Node.Tests.Joining;

public sealed class EdgecoreVersionTests : IDisposable
{
    private const string Keadm = "version: version.Info{Major:\"1\", Minor:\"22\", GitVersion:\"v1.22.4\"}";

    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Theory]
    [InlineData("edgecoreVersion: v1.23.1\n", "1.20.0", "1.23.1")]
    [InlineData("edgecoreVersion: \"\"\n", "1.20.0", "1.20.0")]
    [InlineData("kind: EdgeCore\n", null, "1.22.4")]
    public async Task It_is_read_from_the_file_then_the_document_then_keadm(string file, string? wanted, string version)
    {
        node.Answer("keadm version", Keadm);
        Assert.Equal(version, (await FindAsync(file, wanted))?.ToString());
    }

    [Fact]
    public async Task Edgecore_itself_is_never_started_to_learn_it()
    {
        Assert.Null(await FindAsync("kind: EdgeCore\n", null));
        Assert.DoesNotContain(node.CommandsRun, command => command.StartsWith("edgecore", StringComparison.Ordinal));
    }

    private async Task<object?> FindAsync(string file, string? wanted)
    {
        var edge = new ClusterNode
        {
            Name = "edge-1",
            Labels = new Dictionary<string, string>(),
            Socket = "/run/containerd/containerd.sock",
            SandboxImage = "pause",
            CgroupDriver = CgroupDriver.Cgroupfs,
            CniPluginDirectory = "/opt/cni/bin",
        };
        var config = new EdgecoreConfig(edge, new KubeEdgeCluster { Version = wanted });
        return await config.FindVersionAsync(node.Machine, Encoding.UTF8.GetBytes(file), TemporaryMachine.Never);
    }
}
