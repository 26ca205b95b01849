using Holdfast.Cri.V1;
using Holdfast.Testing;
using Holdfast.Testing.Scripted;

namespace Holdfast.Cri.Tests.Fakes;

public sealed class ScriptedRuntimeTests : IAsyncLifetime
{
    private static readonly CallDeadlines Short = new() { Change = TimeSpan.FromSeconds(1) };

    private ScriptedRuntime runtime = null!;
    private RuntimeEndpoint endpoint = null!;

    public async Task InitializeAsync()
    {
        runtime = await ScriptedRuntime.StartAsync();
        endpoint = FakeRuntime.Endpoint(
            runtime.SocketPath,
            options => options with { ContainerdNamespace = null, Deadlines = Short }
        );
    }

    public async Task DisposeAsync()
    {
        await endpoint.DisposeAsync();
        await runtime.DisposeAsync();
    }

    [Fact]
    public async Task A_pod_lives_in_it_as_in_a_runtime()
    {
        await using var events = endpoint.WatchEventsAsync(default).GetAsyncEnumerator();
        await UntilAsync(events, RuntimeEventKind.Resync, "");
        var container = await CreateAsync("a");
        await endpoint.StartContainerAsync(new StartContainerRequest { ContainerId = container }, default);
        await UntilAsync(events, RuntimeEventKind.Started, container);
        runtime.Pods.Exit(container, 3);
        await UntilAsync(events, RuntimeEventKind.Exited, container);
        var request = new ContainerStatusRequest { ContainerId = container };
        Assert.Equal(3, (await endpoint.ContainerStatusAsync(request, default)).Status.ExitCode);
        foreach (var sandbox in runtime.Pods.Sandboxes)
        {
            await endpoint.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, default);
            await endpoint.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandbox.Id }, default);
        }

        await UntilAsync(events, RuntimeEventKind.Deleted, container);
        Assert.Empty(runtime.Pods.Containers);
        Assert.Empty(runtime.Pods.Doubles);
    }

    [Theory]
    [InlineData(ScriptedAnswer.Well, true, null)]
    [InlineData(ScriptedAnswer.Twice, true, CriReason.Unknown)]
    [InlineData(ScriptedAnswer.DoneButRefused, true, CriReason.Unknown)]
    [InlineData(ScriptedAnswer.Refused, false, CriReason.Unknown)]
    [InlineData(ScriptedAnswer.NotDone, false, null)]
    [InlineData(ScriptedAnswer.Unreadable, true, CriReason.Internal)]
    [InlineData(ScriptedAnswer.BrokenOff, true, CriReason.Internal)]
    [InlineData(ScriptedAnswer.Never, true, CriReason.DeadlineExceeded)]
    [InlineData(ScriptedAnswer.NotDoneNever, false, CriReason.DeadlineExceeded)]
    public async Task A_call_is_treated_as_the_script_says(ScriptedAnswer answer, bool isDone, CriReason? reason)
    {
        var container = await CreateAsync("a");
        runtime.Next("StartContainer", answer);
        var error = await Record.ExceptionAsync(() =>
            endpoint.StartContainerAsync(new StartContainerRequest { ContainerId = container }, default)
        );
        Assert.Equal(reason, (error as CriException)?.Reason);
        Assert.Equal(
            isDone ? ContainerState.ContainerRunning : ContainerState.ContainerCreated,
            Assert.Single(runtime.Pods.Containers).State
        );
    }

    [Theory]
    [InlineData(ScriptedAnswer.Late)]
    [InlineData(ScriptedAnswer.DoneLate)]
    public async Task A_late_call_is_done_though_the_caller_has_left(ScriptedAnswer answer)
    {
        var container = await CreateAsync("a");
        runtime.Next("StartContainer", answer);
        var error = await Assert.ThrowsAsync<CriException>(() =>
            endpoint.StartContainerAsync(new StartContainerRequest { ContainerId = container }, default)
        );
        Assert.Equal(CriReason.DeadlineExceeded, error.Reason);
        Assert.Equal(1, runtime.Held);
        runtime.Release();
        await Eventually.IsTrueAsync(
            "it is done",
            () => Assert.Single(runtime.Pods.Containers).State == ContainerState.ContainerRunning
        );
    }

    [Fact]
    public async Task Two_attempts_at_once_are_told()
    {
        var first = await CreateAsync("a");
        var second = await CreateAsync("a", attempt: 1);
        foreach (var container in new[] { first, second })
        {
            await endpoint.StartContainerAsync(new StartContainerRequest { ContainerId = container }, default);
        }

        Assert.Equal("two attempts of main in pod a", Assert.Single(runtime.Pods.Doubles));
    }

    private static async Task UntilAsync(IAsyncEnumerator<RuntimeEvent> events, RuntimeEventKind kind, string id)
    {
        do
        {
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Eventually.DefaultLimit));
        } while (events.Current.Kind != kind || events.Current.Id != id);
    }

    private async Task<string> CreateAsync(string uid, uint attempt = 0)
    {
        if (!runtime.Pods.Sandboxes.Any(sandbox => sandbox.Metadata.Uid == uid))
        {
            var metadata = new PodSandboxMetadata
            {
                Name = uid,
                Namespace = "default",
                Uid = uid,
            };
            await endpoint.RunPodSandboxAsync(
                new RunPodSandboxRequest { Config = new PodSandboxConfig { Metadata = metadata } },
                default
            );
        }

        var request = new CreateContainerRequest
        {
            PodSandboxId = runtime.Pods.Sandboxes.Single(sandbox => sandbox.Metadata.Uid == uid).Id,
            Config = new ContainerConfig
            {
                Metadata = new ContainerMetadata { Name = "main", Attempt = attempt },
                Image = new ImageSpec { Image = "test" },
            },
        };
        return (await endpoint.CreateContainerAsync(request, default)).ContainerId;
    }
}
