using Holdfast.Node.Probe;

namespace Holdfast.Node.Tests.Probe;

/// <summary>No agent removes a probe's pods while it runs.</summary>
public sealed class PausedAgentTests : IDisposable
{
    private readonly TemporaryMachine node = new();

    public void Dispose() => node.Dispose();

    [Fact]
    public async Task The_agent_is_stopped_while_the_probe_runs_and_runs_again_after_it()
    {
        node.Services.Add("kubelet", isRunning: true, isEnabled: true);
        Assert.False(await IsRunningDuringAsync("kubelet"));
        Assert.True(await IsRunningAsync("kubelet"));
        Assert.Equal(["stop kubelet True False", "restart-known kubelet"], node.Services.Calls);
    }

    [Fact]
    public async Task It_runs_again_also_when_the_probe_was_interrupted()
    {
        node.Services.Add("edgecore", isRunning: true, isEnabled: true);
        await Assert.ThrowsAsync<OperationCanceledException>(() =>
            PausedAgent.RunAsync<bool>(
                node.Machine,
                "edgecore",
                null,
                () => throw new OperationCanceledException(),
                TemporaryMachine.Never
            )
        );
        Assert.True(await IsRunningAsync("edgecore"));
    }

    [Fact]
    public async Task One_that_does_not_run_and_a_standalone_node_stay_as_they_are()
    {
        node.Services.Add("kubelet", isRunning: false, isEnabled: true);
        Assert.False(await IsRunningDuringAsync("kubelet"));
        Assert.True(await PausedAgent.RunAsync(node.Machine, null, null, () => Task.FromResult(true), default));
        Assert.False(await IsRunningAsync("kubelet"));
        Assert.Empty(node.Services.Calls);
    }

    private Task<bool> IsRunningDuringAsync(string service) =>
        PausedAgent.RunAsync(node.Machine, service, null, () => IsRunningAsync(service), TemporaryMachine.Never);

    private async Task<bool> IsRunningAsync(string service) =>
        (await node.Services.StatusAsync(service, TemporaryMachine.Never)).IsRunning;
}
