using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Holdfast.Cri.Containerd;
using Holdfast.Cri.Tests.Fakes;
using Holdfast.Cri.V1;
using Holdfast.Testing;

namespace Holdfast.Cri.Tests.Events;

public sealed class RuntimeEventWatchTests
{
    private const string Subscribe = "/containerd.services.events.v1.Events/Subscribe";
    private const string Publish = "/containerd.services.events.v1.Events/Publish";
    private const string CriEvents = "/runtime.v1.RuntimeService/GetContainerEvents";

    [Fact]
    public async Task The_events_of_containerd_begin_with_a_resync_and_end_at_its_death_to_begin_anew()
    {
        var bus = Channel.CreateUnbounded<Envelope>();
        var first = await FakeContainerd(bus);
        await using var endpoint = FakeRuntime.Endpoint(first.SocketPath);
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        bus.Writer.TryWrite(Envelope("/tasks/start", new TaskStart { ContainerId = "c" }));
        bus.Writer.TryWrite(Envelope("/tasks/exit", new TaskExit { ContainerId = "c", Id = "exec" }));
        bus.Writer.TryWrite(
            Envelope(
                "/tasks/exit",
                new TaskExit
                {
                    ContainerId = "c",
                    Id = "c",
                    ExitStatus = 3,
                }
            )
        );
        Assert.Equal((RuntimeEventKind.Started, "c"), KindAndId(await NextAsync(events)));
        var exited = await NextAsync(events);
        Assert.Equal((RuntimeEventKind.Exited, "c"), KindAndId(exited));
        Assert.Equal(3, exited.ExitCode);

        await first.DisposeAsync();
        Assert.Equal(RuntimeEventKind.Disconnected, (await NextAsync(events)).Kind);
        await using var second = await FakeContainerd(bus, first.SocketPath);
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        bus.Writer.TryWrite(Envelope("/tasks/start", new TaskStart { ContainerId = "d" }));
        Assert.Equal((RuntimeEventKind.Started, "d"), KindAndId(await NextAsync(events)));
    }

    [Fact]
    public async Task The_events_of_CRI_are_used_where_containerd_is_not_there()
    {
        await using var server = await FakeRuntime.StartAsync("v1");
        var release = new TaskCompletionSource();
        server.On(
            CriEvents,
            async call =>
            {
                call.Begin();
                await release.Task;
                await call.WriteAsync(
                    new ContainerEventResponse
                    {
                        ContainerId = "c",
                        ContainerEventType = ContainerEventType.ContainerStoppedEvent,
                        CreatedAt = 1_000_000_000,
                        ContainersStatuses =
                        {
                            new ContainerStatus
                            {
                                Id = "c",
                                State = ContainerState.ContainerExited,
                                ExitCode = 9,
                            },
                        },
                    }
                );
                await Task.Delay(Timeout.Infinite, call.Ended);
            }
        );
        await using var endpoint = FakeRuntime.Endpoint(server.SocketPath);
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        release.SetResult();
        var expected = new RuntimeEvent("fake", RuntimeEventKind.Exited, "c", DateTimeOffset.FromUnixTimeSeconds(1), 9);
        Assert.Equal(expected, await NextAsync(events));
    }

    [Fact]
    public async Task A_runtime_without_events_is_listed()
    {
        await using var server = await FakeRuntime.StartAsync("v1alpha2");
        var containers = new ListContainersResponse();
        server
            .On("/runtime.v1alpha2.RuntimeService/ListContainers", () => Volatile.Read(ref containers))
            .On("/runtime.v1alpha2.RuntimeService/ListPodSandbox", () => new ListPodSandboxResponse());
        await using var endpoint = FakeRuntime.Endpoint(
            server.SocketPath,
            options => options with { RelistPeriod = TimeSpan.FromMilliseconds(10) }
        );
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        Volatile.Write(
            ref containers,
            new ListContainersResponse
            {
                Containers =
                {
                    new Container { Id = "c", State = ContainerState.ContainerRunning },
                },
            }
        );
        Assert.Equal((RuntimeEventKind.Created, "c"), KindAndId(await NextAsync(events)));
        Assert.Equal((RuntimeEventKind.Started, "c"), KindAndId(await NextAsync(events)));
        Assert.Contains("/runtime.v1alpha2.RuntimeService/GetContainerEvents", server.Paths);
    }

    [Fact]
    public async Task A_runtime_that_is_not_there_yet_is_waited_for()
    {
        var socketPath = FakeGrpcServer.NewSocketPath();
        await using var endpoint = FakeRuntime.Endpoint(socketPath);
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        var next = NextAsync(events);
        await Task.Delay(100);
        Assert.False(next.IsCompleted);
        await using var server = await FakeContainerd(Channel.CreateUnbounded<Envelope>(), socketPath);
        Assert.Equal(RuntimeEventKind.Resync, (await next).Kind);
    }

    [Fact]
    public async Task A_watch_ends_with_its_endpoint_and_with_its_reader()
    {
        await using var server = await FakeContainerd(Channel.CreateUnbounded<Envelope>());
        var endpoint = FakeRuntime.Endpoint(server.SocketPath);
        await foreach (var _ in endpoint.WatchEventsAsync(default))
        {
            break;
        }

        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        await NextAsync(events);
        await endpoint.DisposeAsync();
        while (await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)))
        {
            Assert.Equal(RuntimeEventKind.Disconnected, events.Current.Kind);
        }
    }

    [Fact]
    public async Task A_runtime_that_hangs_is_lost_until_it_answers_again()
    {
        var bus = Channel.CreateUnbounded<Envelope>();
        await using var server = await FakeContainerd(bus);
        var isHung = false;
        server.On(
            "/runtime.v1.RuntimeService/Status",
            call =>
                Volatile.Read(ref isHung)
                    ? Task.Delay(Timeout.Infinite, call.Ended)
                    : call.AnswerAsync(new StatusResponse())
        );
        await using var endpoint = FakeRuntime.Endpoint(
            server.SocketPath,
            options =>
                options with
                {
                    HeartbeatPeriod = TimeSpan.FromMilliseconds(20),
                    Deadlines = new CallDeadlines { Connect = TimeSpan.FromSeconds(1) },
                }
        );
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        Volatile.Write(ref isHung, true);
        Assert.Equal(RuntimeEventKind.Disconnected, (await NextAsync(events)).Kind);
        Volatile.Write(ref isHung, false);
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        bus.Writer.TryWrite(Envelope("/tasks/start", new TaskStart { ContainerId = "c" }));
        Assert.Equal((RuntimeEventKind.Started, "c"), KindAndId(await NextAsync(events)));
        Assert.Equal(1, endpoint.Channel.Connections);
    }

    /// <summary>As containerd does it: a subscriber hears what is published after it subscribed, and no headers before.</summary>
    private static async Task<FakeGrpcServer> FakeContainerd(Channel<Envelope> bus, string? socketPath = null)
    {
        var server = await FakeRuntime.StartAsync("v1", socketPath);
        var subscriptions = 0;
        server.On(
            Subscribe,
            async call =>
            {
                Assert.Equal("k8s.io", call.Header("containerd-namespace"));

                // Slow to subscribe: what is published meanwhile is lost.
                await Task.Delay(30, call.Ended);
                Interlocked.Increment(ref subscriptions);
                call.Begin();
                await foreach (var item in bus.Reader.ReadAllAsync(call.Ended))
                {
                    await call.WriteAsync(item);
                }
            }
        );
        server.On(
            Publish,
            async call =>
            {
                if (Volatile.Read(ref subscriptions) > 0)
                {
                    var request = call.Request(PublishRequest.Parser);
                    bus.Writer.TryWrite(new Envelope { Topic = request.Topic, Event = request.Event });
                }

                await call.AnswerAsync(new Empty());
            }
        );
        return server;
    }

    private static Envelope Envelope(string topic, IMessage message) =>
        new()
        {
            Topic = topic,
            Namespace = "k8s.io",
            Timestamp = new Timestamp { Seconds = 1 },
            Event = new Any { Value = message.ToByteString() },
        };

    private static (RuntimeEventKind Kind, string Id) KindAndId(RuntimeEvent item) => (item.Kind, item.Id);

    private static async Task<RuntimeEvent> NextAsync(IAsyncEnumerator<RuntimeEvent> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        return events.Current;
    }
}
