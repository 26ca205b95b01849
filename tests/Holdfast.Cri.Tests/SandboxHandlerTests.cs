using Holdfast.Cri.Tests.Fakes;
using Holdfast.Cri.V1;
using Holdfast.Testing.Crio;

namespace Holdfast.Cri.Tests;

/// <summary>The handler of pods that Holdfast's agent did not make, and gave no label.</summary>
public sealed class SandboxHandlerTests
{
    [Theory]
    [InlineData("kata", null, "kata")]
    [InlineData("", "true", "untrusted")]
    [InlineData("", "false", "")]
    [InlineData("", null, "")]
    public async Task In_containerd_it_is_listed_or_follows_from_the_annotation(
        string listed,
        string? untrusted,
        string expected
    )
    {
        await using var endpoint = FakeRuntime.Endpoint("/nobody/listens.sock");
        var sandbox = new PodSandbox { Id = "1", RuntimeHandler = listed };
        if (untrusted is not null)
        {
            sandbox.Annotations["io.kubernetes.cri.untrusted-workload"] = untrusted;
        }

        Assert.Equal(expected, await SandboxHandler.FindAsync(endpoint, sandbox, isCrio: false, default));
    }

    [Theory]
    [InlineData(
        """{"pid":7,"runtimeSpec":{"annotations":{"io.kubernetes.cri-o.RuntimeHandler":"second"}}}""",
        "second"
    )]
    [InlineData("""{"pid":7,"runtimeSpec":{"annotations":{"io.kubernetes.cri-o.RuntimeHandler":""}}}""", "")]
    [InlineData("""{"pid":7,"runtimeSpec":{"annotations":{}}}""", null)]
    [InlineData("""{"runtimeSpec":null}""", null)]
    [InlineData("[1]", null)]
    [InlineData("{", null)]
    public async Task CRI_O_tells_it_among_the_details_of_a_sandbox(string details, string? expected)
    {
        await using var crio = await RecordedCrio.StartAsync("1.34");
        crio.Server.On(
            "/runtime.v1.RuntimeService/PodSandboxStatus",
            call =>
            {
                Assert.True(call.Request(PodSandboxStatusRequest.Parser).Verbose);
                return call.AnswerAsync(
                    new PodSandboxStatusResponse { Status = new PodSandboxStatus(), Info = { ["info"] = details } }
                );
            }
        );
        await using var endpoint = FakeRuntime.Endpoint(crio.SocketPath);
        var sandbox = new PodSandbox { Id = "1" };
        Assert.Equal(expected, await SandboxHandler.FindAsync(endpoint, sandbox, isCrio: true, default));
    }
}
