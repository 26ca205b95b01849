using Holdfast.Cri.Tests.Fakes;
using Holdfast.Cri.V1;
using Holdfast.Testing;
using Holdfast.Testing.Crio;

namespace Holdfast.Cri.Tests.Events;

/// <summary>CRI-O tells events only where its configuration says so; by default it ends the stream at once, and well.</summary>
public sealed class CrioEventTests
{
    private const string Events = "/runtime.v1.RuntimeService/GetContainerEvents";
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("1.20")]
    [InlineData("1.24")]
    [InlineData("1.26")]
    [InlineData("1.30")]
    [InlineData("1.34")]
    public async Task Without_events_CRI_O_is_listed_and_never_counts_as_lost(string release)
    {
        await using var crio = await RecordedCrio.StartAsync(release);
        await using var endpoint = Endpoint(crio.SocketPath);
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);

        // Many lists later there is still nothing new, and nobody has asked for events again.
        await Eventually.IsTrueAsync("the runtime is listed", () => Count(crio, "/ListContainers") > 20);
        Assert.InRange(Count(crio, "/GetContainerEvents"), 0, 1);
        var api = release == "1.20" ? "v1alpha2" : "v1";
        crio.Server.On($"/runtime.{api}.RuntimeService/ListContainers", () => new ListContainersResponse());
        Assert.Equal(RuntimeEventKind.Exited, (await NextAsync(events)).Kind);
        Assert.Equal(RuntimeEventKind.Deleted, (await NextAsync(events)).Kind);
    }

    [Fact]
    public async Task A_busy_CRI_O_that_ends_the_stream_late_is_listed_too()
    {
        await using var crio = await RecordedCrio.StartAsync("1.30");
        var ends = new TaskCompletionSource();
        crio.Server.On(
            Events,
            async call =>
            {
                await ends.Task;
                await call.AnswerAsync();
            }
        );
        await using var endpoint = Endpoint(crio.SocketPath);
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        ends.SetResult();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        await Eventually.IsTrueAsync("the runtime is listed", () => Count(crio, "/ListContainers") > 5);
        Assert.Equal(1, Count(crio, "/GetContainerEvents"));
    }

    [Fact]
    public async Task Where_events_are_switched_on_they_are_used()
    {
        await using var crio = await RecordedCrio.StartAsync("1.34", "pod-events");
        await using var endpoint = Endpoint(crio.SocketPath);
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        Assert.Equal(RuntimeEventKind.Resync, (await NextAsync(events)).Kind);
        Assert.Equal(RuntimeEventKind.Started, (await NextAsync(events)).Kind);

        // The kernel killed it: the exit code alone would not say so, therefore the status has to be asked for.
        var killed = await NextAsync(events);
        Assert.Equal((RuntimeEventKind.Exited, null), (killed.Kind, killed.ExitCode));
        var exited = await NextAsync(events);
        Assert.Equal((RuntimeEventKind.Exited, 3), (exited.Kind, exited.ExitCode));
        Assert.Equal(RuntimeEventKind.Deleted, (await NextAsync(events)).Kind);
        Assert.Equal(0, Count(crio, "/ListContainers"));
    }

    private static RuntimeEndpoint Endpoint(string socketPath) =>
        FakeRuntime.Endpoint(socketPath, options => options with { RelistPeriod = TimeSpan.FromMilliseconds(10) });

    private static int Count(RecordedCrio crio, string call) =>
        crio.Server.Paths.Count(path => path.EndsWith(call, StringComparison.Ordinal));

    private static async Task<RuntimeEvent> NextAsync(IAsyncEnumerator<RuntimeEvent> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Enough));
        return events.Current;
    }
}
