using Holdfast.Linux;
using Holdfast.Testing.Crasher;

namespace Holdfast.Machine.Tests.Node;

/// <summary>Real supervisors with real programs below them, started and stopped from other processes.</summary>
public sealed class SupervisorTests : IAsyncLifetime
{
    private readonly string top = Directory.CreateTempSubdirectory("holdfast-supervise-").FullName;
    private readonly List<SupervisedService> started = [];

    private string ServicesDirectory => Path.Join(top, "run/services");

    private IReadOnlyList<string> Supervise => [.. NodeScenario.ChildCommand, "supervise", ServicesDirectory];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var service in started)
        {
            await service.StopAsync(forget: false, CancellationToken.None);
        }

        Directory.Delete(top, recursive: true);
    }

    [Fact]
    public async Task Program_runs_in_a_session_of_its_own_and_stops_with_its_supervisor()
    {
        var service = await StartAsync("/bin/sleep", "86400");
        var status = service.ReadStatus();
        Assert.NotNull(status.Supervisor);
        Assert.NotNull(status.Service);
        Assert.Equal(1, status.Starts);

        await service.StopAsync(forget: false, CancellationToken.None);

        Assert.False(ProcessTable.IsAlive(status.Service));
        Assert.False(ProcessTable.IsAlive(status.Supervisor));
        Assert.Null(service.ReadStatus().Supervisor);
    }

    [Fact]
    public async Task Start_again_with_the_same_definition_changes_nothing_and_with_another_one_replaces_it()
    {
        var service = await StartAsync("/bin/sleep", "86400");
        var first = service.ReadStatus().Service;
        await service.StartAsync(Definition("/bin/sleep", "86400"), Supervise, CancellationToken.None);
        Assert.Equal(first, service.ReadStatus().Service);

        await service.StartAsync(Definition("/bin/sleep", "86401"), Supervise, CancellationToken.None);
        Assert.NotEqual(first, service.ReadStatus().Service);
        Assert.False(ProcessTable.IsAlive(first!));
    }

    [Fact]
    public async Task Killed_program_is_started_again()
    {
        var service = await StartAsync("/bin/sleep", "86400");
        var first = service.ReadStatus().Service!;
        ProcessTable.Signal(first, ProcessTable.SigKill);
        await CrashTests.Until(() => service.ReadStatus() is { Starts: 2, Service: not null });
        Assert.NotEqual(first.ProcessId, service.ReadStatus().Service!.ProcessId);
    }

    [Fact]
    public async Task Program_that_always_falls_is_started_with_growing_pauses()
    {
        var service = await StartAsync("/bin/false");
        await Task.Delay(TimeSpan.FromSeconds(3));

        // Pauses of 100, 200, 400, 800 and 1600 ms: five or six starts in three seconds, not hundreds.
        Assert.InRange(service.ReadStatus().Starts, 2, 6);
        Assert.Contains(
            service.ReadLastLines(20),
            line => line.EndsWith("thing ended with 1", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Killed_supervisor_leaves_the_program_and_the_next_one_adopts_it()
    {
        var service = await StartAsync("/bin/sleep", "86400");
        var before = service.ReadStatus();
        ProcessTable.Signal(before.Supervisor!, ProcessTable.SigKill);
        await CrashTests.Until(() => service.ReadStatus().Supervisor is null);
        Assert.True(ProcessTable.IsAlive(before.Service!));

        await service.StartAsync(Definition("/bin/sleep", "86400"), Supervise, CancellationToken.None);

        Assert.Equal(before.Service, service.ReadStatus().Service);
        await service.StopAsync(forget: false, CancellationToken.None);
        Assert.False(ProcessTable.IsAlive(before.Service!));
    }

    [Fact]
    public async Task Stop_after_the_supervisor_was_killed_stops_the_program_too()
    {
        var service = await StartAsync("/bin/sleep", "86400");
        var before = service.ReadStatus();
        ProcessTable.Signal(before.Supervisor!, ProcessTable.SigKill);
        await CrashTests.Until(() => service.ReadStatus().Supervisor is null);
        await service.StopAsync(forget: false, CancellationToken.None);
        Assert.False(ProcessTable.IsAlive(before.Service!));
    }

    [Fact]
    public async Task Program_that_does_not_exist_says_so_in_the_log()
    {
        var service = await StartAsync("/no/such/program");
        Assert.Null(service.ReadStatus().Service);
        await CrashTests.Until(() =>
            service.ReadLastLines(20).Any(line => line.Contains("/no/such/program", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task Second_supervisor_of_the_same_service_refuses_to_run()
    {
        await StartAsync("/bin/sleep", "86400");
        var result = await ChildProcess.RunAsync(
            new ChildCommand(Supervise[0], [.. Supervise.Skip(1), "thing"]),
            TimeSpan.FromSeconds(30)
        );
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("does it already", result.StandardError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_stays_within_its_bound()
    {
        var definition = Definition(
            "/bin/sh",
            "-c",
            "while :; do echo 0123456789012345678901234567890123456789; done"
        ) with
        {
            MaxLogBytes = 100_000,
        };
        var service = await StartAsync(definition);
        await CrashTests.Until(() => File.Exists(definition.LogPath + ".1"));
        await service.StopAsync(forget: true, CancellationToken.None);
        Assert.False(File.Exists(definition.LogPath));
        Assert.False(Directory.Exists(Path.Join(ServicesDirectory, "thing")));
    }

    private SupervisedDefinition Definition(params string[] arguments) =>
        new("thing", arguments, Path.Join(top, "log/thing.log"));

    private Task<SupervisedService> StartAsync(params string[] arguments) => StartAsync(Definition(arguments));

    private async Task<SupervisedService> StartAsync(SupervisedDefinition definition)
    {
        var service = new SupervisedService(ServicesDirectory, "thing", TimeProvider.System);
        started.Add(service);
        await service.StartAsync(definition, Supervise, CancellationToken.None);
        return service;
    }
}
