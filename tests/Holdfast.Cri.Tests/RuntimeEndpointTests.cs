using Holdfast.Cri.Tests.Fakes;
using Holdfast.Cri.V1;
using Holdfast.Testing;

namespace Holdfast.Cri.Tests;

public sealed class RuntimeEndpointTests
{
    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha2")]
    public async Task The_version_that_the_runtime_speaks_is_found_and_used(string api)
    {
        await using var server = await FakeRuntime.StartAsync(api);
        await using var endpoint = FakeRuntime.Endpoint(server.SocketPath);
        Assert.Equal(new RuntimeVersion("fake", "1.2.3", api), await endpoint.ConnectAsync(default));
        await endpoint.StartContainerAsync(new StartContainerRequest(), default);
        Assert.Contains($"/runtime.{api}.RuntimeService/StartContainer", server.Paths);
    }

    [Fact]
    public async Task The_first_call_connects_and_the_version_is_asked_for_once()
    {
        await using var server = await FakeRuntime.StartAsync("v1");
        await using var endpoint = FakeRuntime.Endpoint(server.SocketPath);
        await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => endpoint.StartContainerAsync(new StartContainerRequest(), default))
        );
        Assert.Single(server.Paths, path => path.EndsWith("/Version", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("v1alpha2", "v1")]
    [InlineData("v1", "v1alpha2")]
    public async Task A_runtime_that_comes_back_with_another_version_is_understood(string before, string after)
    {
        var old = await FakeRuntime.StartAsync(before);
        await using var endpoint = FakeRuntime.Endpoint(old.SocketPath);
        await endpoint.StartContainerAsync(new StartContainerRequest(), default);
        await old.DisposeAsync();
        await Eventually.IsTrueAsync("the loss is noticed", () => endpoint.Channel.Generation == 2);
        await using var server = await FakeRuntime.StartAsync(after, old.SocketPath);
        await endpoint.StartContainerAsync(new StartContainerRequest(), default);
        Assert.Equal(after, (await endpoint.ConnectAsync(default)).ApiVersion);
    }

    [Fact]
    public async Task A_server_without_CRI_is_unimplemented_and_the_message_says_what_to_do()
    {
        await using var server = await FakeGrpcServer.StartAsync();
        await using var endpoint = FakeRuntime.Endpoint(server.SocketPath);
        var error = await Assert.ThrowsAsync<CriException>(() => endpoint.ConnectAsync(default));
        Assert.Equal(CriReason.Unimplemented, error.Reason);
        Assert.Contains("disabled_plugins", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_the_runtime_lacks_is_unimplemented()
    {
        await using var server = await FakeRuntime.StartAsync("v1");
        await using var endpoint = FakeRuntime.Endpoint(server.SocketPath);
        var error = await Assert.ThrowsAsync<CriException>(() =>
            endpoint.ListImagesAsync(new ListImagesRequest(), default)
        );
        Assert.Equal(CriReason.Unimplemented, error.Reason);
        Assert.StartsWith("cannot list images in fake: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runtime_that_listens_but_is_not_ready_is_waited_for()
    {
        await using var server = await FakeRuntime.StartAsync("v1");
        var asked = 0;
        server.On(
            "/runtime.v1.RuntimeService/Status",
            async call =>
            {
                if (Interlocked.Increment(ref asked) < 4)
                {
                    call.Refuse((int)CriReason.Unknown, "server is not initialized yet");
                }
                else
                {
                    await call.AnswerAsync(new StatusResponse());
                }
            }
        );
        await using var endpoint = FakeRuntime.Endpoint(server.SocketPath);
        await endpoint.StartContainerAsync(new StartContainerRequest(), default);
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task After_a_restart_no_call_reaches_the_runtime_before_it_is_ready()
    {
        var old = await FakeRuntime.StartAsync("v1");
        await using var endpoint = FakeRuntime.Endpoint(old.SocketPath);
        await endpoint.StartContainerAsync(new StartContainerRequest(), default);
        await old.DisposeAsync();
        await Eventually.IsTrueAsync("the loss is noticed", () => endpoint.Channel.Generation == 2);
        await using var server = await FakeRuntime.StartAsync("v1", old.SocketPath);
        await endpoint.StartContainerAsync(new StartContainerRequest(), default);
        Assert.Equal(["Version", "Status", "StartContainer"], server.Paths.Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_stop_has_the_grace_of_the_container_on_top_of_its_deadline()
    {
        await using var server = await FakeRuntime.StartAsync("v1");
        server.On("/runtime.v1.RuntimeService/StopContainer", call => Task.Delay(Timeout.InfiniteTimeSpan, call.Ended));
        await using var endpoint = FakeRuntime.Endpoint(
            server.SocketPath,
            options => options with { Deadlines = new CallDeadlines { Change = TimeSpan.FromMilliseconds(10) } }
        );
        var error = await Assert.ThrowsAsync<CriException>(() =>
            endpoint.StopContainerAsync(new StopContainerRequest { Timeout = 1 }, default)
        );
        Assert.Equal(CriReason.DeadlineExceeded, error.Reason);
        Assert.Equal("cannot stop a container in fake: no answer within 1.01 s", error.Message);
    }
}
