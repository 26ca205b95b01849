using Holdfast.Changes.Services;

namespace Holdfast.Machine.Tests.Services;

/// <summary>What every service manager does; run against each of them.</summary>
public abstract class ServiceManagerContract : IAsyncLifetime
{
    protected const string Service = "contract-sleeper";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Never => CancellationToken.None;

    protected abstract IServiceManager Services { get; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    /// <summary>Puts the unit in place, where the manager needs one.</summary>
    protected abstract Task DefineAsync(ServiceDefinition service);

    /// <summary>Ends the program as a fault would; the manager does not know.</summary>
    protected abstract Task KillAsync(int processId);

    [Fact]
    public async Task Service_that_nobody_defined_is_unknown_and_stopping_it_is_no_fault()
    {
        var status = await Services.StatusAsync("no-such-service", Never);
        Assert.Equal(new ServiceStatus(false, false, false, null, null), status);
        await Services.StopAsync("no-such-service", stop: true, disable: true, Never);
    }

    [Fact]
    public async Task Started_service_runs_is_enabled_and_a_second_start_leaves_its_process_alone()
    {
        var before = TimeProvider.System.GetUtcNow();
        var definition = await StartAsync("86401");
        var status = await Services.StatusAsync(Service, Never);
        Assert.True(status is { IsKnown: true, IsEnabled: true, IsRunning: true, ProcessId: > 0 }, $"{status}");
        Assert.InRange(status.StartedAt!.Value, before.AddSeconds(-1), TimeProvider.System.GetUtcNow().AddSeconds(1));
        Assert.True(await Services.RunsAsync(definition, Never));

        await Services.StartAsync(definition, Never);
        Assert.Equal(status.ProcessId, (await Services.StatusAsync(Service, Never)).ProcessId);
    }

    [Fact]
    public async Task Restart_makes_another_process_also_of_what_only_the_manager_knows()
    {
        var definition = await StartAsync("86401");
        var first = (await Services.StatusAsync(Service, Never)).ProcessId;
        await Services.RestartAsync(definition, Never);
        var second = (await Services.StatusAsync(Service, Never)).ProcessId;
        await Services.RestartKnownAsync(Service, Never);
        var third = (await Services.StatusAsync(Service, Never)).ProcessId;
        Assert.Equal(3, new[] { first, second, third }.OfType<int>().Distinct().Count());
    }

    [Fact]
    public async Task Stopped_service_stays_known_and_one_that_is_disabled_too_starts_no_more()
    {
        await StartAsync("86401");
        await Services.StopAsync(Service, stop: true, disable: false, Never);
        var stopped = await Services.StatusAsync(Service, Never);
        Assert.True(stopped is { IsKnown: true, IsEnabled: true, IsRunning: false, StartedAt: null }, $"{stopped}");

        await Services.RestartKnownAsync(Service, Never);
        Assert.True((await Services.StatusAsync(Service, Never)).IsRunning);

        await Services.StopAsync(Service, stop: true, disable: true, Never);
        var gone = await Services.StatusAsync(Service, Never);
        Assert.True(gone is { IsEnabled: false, IsRunning: false }, $"{gone}");
        await Services.StopAsync(Service, stop: true, disable: true, Never);
    }

    [Fact]
    public async Task Another_definition_is_not_what_runs_until_it_is_started_anew()
    {
        await StartAsync("86401");
        var other = Define("86402");
        await DefineAsync(other);
        Assert.False(await Services.RunsAsync(other, Never));
        await Services.RestartAsync(other, Never);
        Assert.True(await Services.RunsAsync(other, Never));
    }

    [Fact]
    public async Task Program_that_ends_is_started_again()
    {
        await StartAsync("86401");
        var first = (await Services.StatusAsync(Service, Never)).ProcessId!.Value;
        await KillAsync(first);
        var since = TimeProvider.System.GetTimestamp();
        while (
            await Services.StatusAsync(Service, Never) is not { IsRunning: true, ProcessId: { } now } || now == first
        )
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Limit, "it was not started again");
            await Task.Delay(100);
        }
    }

    private static ServiceDefinition Define(string seconds) => new(Service, "Sleeps", ["/bin/sleep", seconds]);

    private async Task<ServiceDefinition> StartAsync(string seconds)
    {
        var definition = Define(seconds);
        await DefineAsync(definition);
        await Services.StartAsync(definition, Never);
        return definition;
    }
}
