using Holdfast.Cri;
using Holdfast.Cri.V1;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Machine.Tests.Cri;

public sealed class RuntimeRestartTests
{
    [Theory]
    [InlineData(Containerds.V1_6)]
    [InlineData(Containerds.V2)]
    public async Task A_killed_runtime_is_found_again_by_the_same_endpoint_and_its_containers_live_on(string line)
    {
        using var logs = new TemporaryDirectory();
        await using var containerd = await PrivateContainerd.StartAsync(new PrivateContainerdOptions { Line = line });
        await using var endpoint = containerd.Connect();
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        await UntilAsync(events, item => item.Kind == RuntimeEventKind.Resync);
        await using var pod = await TestPod.RunAsync(endpoint, logs.Path);
        var id = await pod.StartAsync("main", "while [ ! -e /go ]; do sleep 0.05; done; exit 5");
        var before = await StatusAsync(endpoint, id);

        await containerd.KillAsync();
        await UntilAsync(events, item => item.Kind == RuntimeEventKind.Disconnected);
        var error = await Assert.ThrowsAsync<CriException>(() => StatusAsync(endpoint, id));
        Assert.Equal(CriReason.Unavailable, error.Reason);

        await containerd.StartAgainAsync();
        await UntilAsync(events, item => item.Kind == RuntimeEventKind.Resync);
        var after = await StatusAsync(endpoint, id);
        Assert.Equal(ContainerState.ContainerRunning, after.State);
        Assert.Equal(before.StartedAt, after.StartedAt);

        await endpoint.ExecSyncAsync(new ExecSyncRequest { ContainerId = id, Cmd = { "touch", "/go" } }, default);
        var exited = await UntilAsync(events, item => item.Kind == RuntimeEventKind.Exited);
        Assert.Equal((id, 5), (exited.Id, exited.ExitCode));
    }

    [Theory]
    [InlineData(Containerds.V1_6)]
    [InlineData(Containerds.V2)]
    public async Task A_runtime_that_hangs_is_noticed_and_found_again_when_it_goes_on(string line)
    {
        using var logs = new TemporaryDirectory();
        await using var containerd = await PrivateContainerd.StartAsync(new PrivateContainerdOptions { Line = line });
        await using var endpoint = new RuntimeEndpoint(
            new RuntimeEndpointOptions("containerd", containerd.SocketPath)
            {
                Deadlines = new CallDeadlines { Connect = TimeSpan.FromSeconds(2) },
                HeartbeatPeriod = TimeSpan.FromSeconds(1),
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        await UntilAsync(events, item => item.Kind == RuntimeEventKind.Resync);
        await using var pod = await TestPod.RunAsync(endpoint, logs.Path);

        await containerd.FreezeAsync();
        await UntilAsync(events, item => item.Kind == RuntimeEventKind.Disconnected);

        await containerd.ThawAsync();
        await UntilAsync(events, item => item.Kind == RuntimeEventKind.Resync);
        var id = await pod.StartAsync("main", "exit 5");
        await UntilAsync(events, item => item.Kind == RuntimeEventKind.Exited && item.Id == id);
    }

    [Fact]
    public async Task Two_runtimes_side_by_side_each_run_their_own_handlers()
    {
        using var logs = new TemporaryDirectory();
        await using var first = await PrivateContainerd.StartAsync(
            new PrivateContainerdOptions { Name = "one", Handlers = ["runc", "runc-b"] }
        );
        await using var second = await PrivateContainerd.StartAsync(
            new PrivateContainerdOptions
            {
                Name = "two",
                Handlers = ["other"],
                Line = Containerds.V2,
            }
        );
        await using var set = new RuntimeSet([first.Connect(), second.Connect()]);
        foreach (var (handler, name) in new[] { ("runc-b", "one"), ("other", "two") })
        {
            var (endpoint, found) = set.Find(handler)!.Value;
            Assert.Equal((name, handler), (endpoint.Name, found));
            await using var pod = await TestPod.RunAsync(endpoint, logs.Path, handler);
            var sandbox = Assert.Single(
                (await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), default)).Items
            );
            Assert.Equal(handler, sandbox.RuntimeHandler);
        }
    }

    [Fact]
    public async Task A_containerd_without_CRI_is_unimplemented()
    {
        await using var containerd = await PrivateContainerd.StartAsync(
            new PrivateContainerdOptions { HasCri = false }
        );
        await using var endpoint = containerd.Connect();
        var error = await Assert.ThrowsAsync<CriException>(() => endpoint.ConnectAsync(default));
        Assert.Equal(CriReason.Unimplemented, error.Reason);
    }

    private static async Task<ContainerStatus> StatusAsync(RuntimeEndpoint endpoint, string id) =>
        (await endpoint.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = id }, default)).Status;

    private static async Task<RuntimeEvent> UntilAsync(
        IAsyncEnumerator<RuntimeEvent> events,
        Func<RuntimeEvent, bool> condition
    )
    {
        do
        {
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Eventually.DefaultLimit));
        } while (!condition(events.Current));

        return events.Current;
    }
}
