using Holdfast.Agent.Streams;
using Holdfast.Hub;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Machine.Tests.Agent;
using Holdfast.Machine.Tests.Hub;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Streams;

/// <summary>A node with agent and API in this process, over a real containerd, with real clients. For one test at a time.</summary>
public abstract class StreamNode(string line) : IAsyncLifetime
{
    private AgentNode node = null!;
    private HubServer hub = null!;

    internal NodePaths Paths => node.Paths;

    internal AgentNode Node => node;

    public async Task InitializeAsync()
    {
        node = await AgentNode.StartAsync(new PrivateContainerdOptions { Line = line });
        hub = new HubServer(
            node.Store,
            new HubOptions(AgentNode.Name, node.Paths) { Port = HubOptions.AnyFreePort },
            new PodStreams(node.Endpoints, AgentNode.Name),
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        await hub.StartAsync(CancellationToken.None);
        var pod = await node.RunAsync("box", new PodSpec { Containers = [Busybox.Run("main", Busybox.Forever)] });
        await pod.IsRunningAsync();
    }

    public async Task DisposeAsync()
    {
        await hub.DisposeAsync();
        await node.DisposeAsync();
    }

    /// <param name="version">Of <see cref="KubectlVersion"/>.</param>
    internal async Task<Kubectl> KubectlAsync(string version) =>
        new(await KubectlVersion.FindAsync(version), node.Paths);
}

/// <summary>The node of the machine's own containerd.</summary>
public sealed class StreamNode16() : StreamNode(Containerds.V1_6);
