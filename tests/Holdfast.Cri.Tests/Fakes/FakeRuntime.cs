using Holdfast.Cri.V1;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Cri.Tests.Fakes;

/// <summary>Makes fake servers that look like runtimes, and endpoints to them.</summary>
internal static class FakeRuntime
{
    public static async Task<FakeGrpcServer> StartAsync(string api, string? socketPath = null)
    {
        var server = await FakeGrpcServer.StartAsync(socketPath);
        return server
            .On(
                $"/runtime.{api}.RuntimeService/Version",
                () => new VersionResponse { RuntimeName = "fake", RuntimeVersion = "1.2.3" }
            )
            .On($"/runtime.{api}.RuntimeService/Status", () => new StatusResponse())
            .On(
                $"/runtime.{api}.RuntimeService/StartContainer",
                call => call.AnswerAsync(new StartContainerResponse())
            );
    }

    public static RuntimeEndpoint Endpoint(
        string socketPath,
        Func<RuntimeEndpointOptions, RuntimeEndpointOptions>? change = null
    )
    {
        var options = new RuntimeEndpointOptions("fake", socketPath);
        return new RuntimeEndpoint(change?.Invoke(options) ?? options, TimeProvider.System, NullLoggerFactory.Instance);
    }
}
