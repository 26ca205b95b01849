using Holdfast.Agent.Images;
using Holdfast.Agent.Runtimes;
using Holdfast.Agent.Sandboxes;
using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Linux;
using Holdfast.Testing.Crio;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Agent.Tests.Runtimes;

/// <summary>What the agent reads of CRI-O, whose answers are transcribed from its sources (tests/Holdfast.Testing/Crio).</summary>
public sealed class CrioTests
{
    [Theory]
    [InlineData("1.20", "cri-o://1.20.2")]
    [InlineData("1.34", "cri-o://1.34.0")]
    public async Task Pods_of_CRI_O_are_found_again_and_its_name_is_shown_as_kubernetes_does(
        string release,
        string shown
    )
    {
        await using var crio = await RecordedCrio.StartAsync(release);
        using var runtime = Runtime(crio);
        var version = await runtime.Endpoint.ConnectAsync(default);
        runtime.SetVersion(version.RuntimeName, version.Version);
        Assert.Equal(("cri-o", shown), (runtime.Scheme, runtime.Version));

        var snapshot = await RuntimeSnapshot.TakeAsync(
            runtime,
            new AgentOptions { NodeName = "edge-1", Paths = NodePaths.Default },
            TimeProvider.System,
            default
        );
        var pod = snapshot.ByPodUid["u1"];
        Assert.Equal("nginx", Assert.Single(pod.Containers).Metadata.Name);
        Assert.Equal(PodSandboxState.SandboxReady, Assert.Single(pod.Sandboxes).State);

        // A second node of this machine, of the same name, with a root of its own.
        var other = new AgentOptions { NodeName = "edge-1", Paths = new NodePaths("/elsewhere") };
        Assert.Empty((await RuntimeSnapshot.TakeAsync(runtime, other, TimeProvider.System, default)).ByPodUid);
        await runtime.Endpoint.DisposeAsync();
    }

    [Fact]
    public async Task An_image_and_its_user_are_found_and_a_missing_one_is_missing()
    {
        await using var crio = await RecordedCrio.StartAsync("1.30");
        using var runtime = Runtime(crio);
        var nginx = await runtime.Images.FindAsync("docker.io/library/nginx:latest", default);
        var numbered = await runtime.Images.FindAsync("quay.io/uid:1", default);
        Assert.Equal((null, "nginx"), (nginx!.Uid, nginx.UserName));
        Assert.StartsWith("docker.io/library/nginx@sha256:", nginx.Reference, StringComparison.Ordinal);
        Assert.Equal((65532L, numbered!.ImageId), (numbered.Uid, numbered.Reference));
        Assert.Null(await runtime.Images.FindAsync("quay.io/none:1", default));
        await runtime.Endpoint.DisposeAsync();
    }

    [Theory]
    [InlineData("kata", "", "kata")]
    [InlineData("", "kata", "kata")]
    [InlineData("", "", "")]
    public void The_handler_of_a_sandbox_is_known_where_the_runtime_does_not_list_it(
        string listed,
        string label,
        string expected
    )
    {
        var sandbox = new PodSandbox { RuntimeHandler = listed };
        if (label.Length > 0)
        {
            sandbox.Labels[RuntimeLabels.Handler] = label;
        }

        Assert.Equal(expected, RuntimeLabels.HandlerOf(sandbox));
    }

    private static RuntimeState Runtime(RecordedCrio crio)
    {
        var options = new RuntimeEndpointOptions("crio", crio.SocketPath) { Handlers = ["runc"] };
        var endpoint = new RuntimeEndpoint(options, TimeProvider.System, NullLoggerFactory.Instance);
        return new RuntimeState(endpoint, 1, new ImageStore(endpoint));
    }
}
