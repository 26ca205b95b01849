using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Node.Probe;
using Holdfast.Testing;
using Holdfast.Testing.Crio;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Node.Tests.Probe;

/// <summary>The probe beside runtimes whose defaults differ from containerd's.</summary>
public sealed class HandlerProbeTests
{
    [Fact]
    public async Task The_container_asks_for_no_namespace_that_a_sandbox_of_CRI_O_does_not_have()
    {
        using var logs = new TemporaryDirectory();
        await using var crio = await RecordedCrio.StartAsync("1.34");
        var asked = new List<ContainerConfig>();
        crio.Server.On(
            "/runtime.v1.RuntimeService/CreateContainer",
            call =>
            {
                asked.Add(call.Request(CreateContainerRequest.Parser).Config);
                call.Refuse(2, "that is enough");
                return Task.CompletedTask;
            }
        );
        crio.Server.On(
            "/runtime.v1.ImageService/ImageStatus",
            () => new ImageStatusResponse { Image = new Image { Id = "busybox" } }
        );
        crio.Server.On(
            "/runtime.v1.RuntimeService/PodSandboxStatus",
            () =>
                new PodSandboxStatusResponse
                {
                    Status = new PodSandboxStatus { Network = new PodSandboxNetworkStatus { Ip = "10.88.0.2" } },
                }
        );
        await using var runtimes = new RuntimeSet([
            new RuntimeEndpoint(
                new RuntimeEndpointOptions("crio", crio.SocketPath) { Handlers = ["runc"] },
                TimeProvider.System,
                NullLoggerFactory.Instance
            ),
        ]);
        var options = new ProbeOptions { PodLogsDirectory = logs.Path, UseSystemdCgroup = true };
        var result = Assert.Single(
            await new RuntimeProbe(runtimes, options, TimeProvider.System).RunAsync(null, TemporaryMachine.Never)
        );
        var config = Assert.Single(asked);
        Assert.Equal(NamespaceMode.Container, config.Linux.SecurityContext.NamespaceOptions.Pid);
        Assert.Equal(["sandbox", "address", "container", "cleanup"], result.Steps.Select(step => step.Name));
    }
}
