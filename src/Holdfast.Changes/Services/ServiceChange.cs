using Holdfast.Changes.Files;
using Holdfast.Linux;

namespace Holdfast.Changes.Services;

/// <summary>How a service was before a write of Holdfast, and what it reads.</summary>
/// <param name="ConfigFiles">What the wanted version reads at its start.</param>
public sealed record ServiceRecord(string Name, bool WasEnabled, bool WasRunning, IReadOnlyList<string> ConfigFiles);

/// <summary>
/// A service that runs, comes back after a reboot and was started after the files it reads were last changed. The last
/// heals a crash between the writing of a configuration and the restart: the next run sees an old process.
/// </summary>
/// <param name="configFiles">What it reads at its start, its program included if Holdfast replaces that.</param>
public sealed class ServiceChange(ServiceDefinition definition, IReadOnlyList<string> configFiles)
    : SimpleChange<ServiceRecord>(
        ServiceKind,
        definition.Name,
        $"service {definition.Name} runs with its configuration"
    )
{
    /// <summary>A service that lives this long after its start does not fall over its configuration.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(300);

    public static ChangeKind<ServiceRecord> ServiceKind { get; } =
        new("service", ChangesJson.Default.ServiceRecord, UndoAsync, SettleAsync) { Follow = FollowAsync };

    /// <summary>
    /// How the service was before Holdfast, where an earlier step has started it already; null asks the service manager.
    /// </summary>
    public Func<Machine, CancellationToken, Task<ServiceStatus?>>? StatusBefore { get; init; }

    /// <summary>The steps that make a service run under whichever manager the machine has: its unit, then the service.</summary>
    /// <param name="configFiles">What the service reads at its start; a later change of them restarts it.</param>
    /// <param name="readySocket">Unix socket that answers when the service is ready; null when running is enough.</param>
    public static IEnumerable<IStep> StepsFor(
        ServiceDefinition service,
        bool isSystemd,
        IReadOnlyList<string> configFiles,
        string? readySocket = null,
        string? why = null
    )
    {
        if (isSystemd && !service.HasUnitFromPackage)
        {
            var unit = SystemdServices.UnitPath(service.Name);
            configFiles = [.. configFiles, unit];
            yield return new FileChange(unit, SystemdUnit.Render(service))
            {
                Title = $"systemd knows the service {service.Name}",
                Mode = AtomicFile.DefaultMode,
            };
        }

        yield return new ServiceChange(service, configFiles) { Why = why };
        if (readySocket is not null)
        {
            yield return ServiceReadiness.ForSocket(service.Name, readySocket);
        }
    }

    public override async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var status = await machine.Services.StatusAsync(Subject, cancellationToken);
        if (!status.IsRunning)
        {
            return Inspection.Differs($"{Subject} does not run");
        }

        if (!status.IsEnabled)
        {
            return Inspection.Differs($"{Subject} runs, but does not start after a reboot");
        }

        if (ConfigAge.ChangedSince(machine, status.StartedAt, configFiles) is { } changed)
        {
            return Inspection.Differs($"{Subject} was started before {changed} was changed");
        }

        return await machine.Services.RunsAsync(definition, cancellationToken)
            ? Inspection.AsWanted($"{Subject} runs")
            : Inspection.Differs($"{Subject} runs with another definition");
    }

    public override async Task<ServiceRecord> RememberAsync(Machine machine, CancellationToken cancellationToken)
    {
        var before = StatusBefore is null ? null : await StatusBefore(machine, cancellationToken);
        var status = before ?? await machine.Services.StatusAsync(Subject, cancellationToken);
        return new ServiceRecord(Subject, status.IsEnabled, status.IsRunning, configFiles);
    }

    public override async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        await ConfigAge.WaitUntilSettledAsync(machine, configFiles, cancellationToken);
        var status = await machine.Services.StatusAsync(Subject, cancellationToken);
        var isStale =
            ConfigAge.ChangedSince(machine, status.StartedAt, configFiles) is not null
            || !await machine.Services.RunsAsync(definition, cancellationToken);
        if (status.IsRunning && isStale)
        {
            await machine.Services.RestartAsync(definition, cancellationToken);
        }
        else
        {
            await machine.Services.StartAsync(definition, cancellationToken);
        }

        await RequireSettledAsync(machine, cancellationToken);
    }

    private async Task RequireSettledAsync(Machine machine, CancellationToken cancellationToken)
    {
        var first = await machine.Services.StatusAsync(Subject, cancellationToken);
        await Task.Delay(SettleTime, machine.Time, cancellationToken);
        var now = await machine.Services.StatusAsync(Subject, cancellationToken);
        if (!now.IsRunning || now.ProcessId != first.ProcessId)
        {
            var log = await ServiceReadiness.ReadLogAsync(machine, Subject, cancellationToken);
            var files = configFiles.Count == 0 ? "" : $"; check {string.Join(", ", configFiles)}";
            throw new NodeException(
                NodeReason.ServiceFailed,
                $"cannot start {Subject}: it ended right after its start{log}{files}"
            );
        }
    }

    /// <summary>
    /// Stops and disables a service that did not run before Holdfast. One that did is started again with its original
    /// configuration, after all files are back.
    /// </summary>
    private static async Task<string?> UndoAsync(
        Machine machine,
        History<ServiceRecord> history,
        CancellationToken cancellationToken
    )
    {
        var original = history.Original;
        var status = await machine.Services.StatusAsync(original.Name, cancellationToken);
        if (status.IsKnown && (!original.WasRunning || !original.WasEnabled))
        {
            // Do not stop a service that should keep running just to disable it.
            await machine.Services.StopAsync(
                original.Name,
                stop: !original.WasRunning,
                disable: !original.WasEnabled,
                cancellationToken
            );
        }

        return null;
    }

    private static async Task SettleAsync(
        Machine machine,
        History<ServiceRecord> history,
        CancellationToken cancellationToken
    )
    {
        await machine.Services.RefreshAsync(cancellationToken);
        if (history.Original.WasRunning)
        {
            await RestartIfStaleAsync(machine, history, isWantedRunning: true, cancellationToken);
        }
    }

    private static Task FollowAsync(
        Machine machine,
        History<ServiceRecord> history,
        CancellationToken cancellationToken
    ) => RestartIfStaleAsync(machine, history, isWantedRunning: false, cancellationToken);

    /// <param name="isWantedRunning">Whether one that does not run is started, too.</param>
    private static async Task RestartIfStaleAsync(
        Machine machine,
        History<ServiceRecord> history,
        bool isWantedRunning,
        CancellationToken cancellationToken
    )
    {
        var name = history.Original.Name;
        // A later version may read other files than the one that was recorded first.
        string[] files = [.. history.Records.SelectMany(record => record.ConfigFiles).Distinct(StringComparer.Ordinal)];
        var status = await machine.Services.StatusAsync(name, cancellationToken);
        var isStopped = isWantedRunning && status is { IsKnown: true, IsRunning: false };
        if (isStopped || ConfigAge.ChangedSince(machine, status.StartedAt, files) is not null)
        {
            await machine.Services.RefreshAsync(cancellationToken);
            await ConfigAge.WaitUntilSettledAsync(machine, files, cancellationToken);
            await machine.Services.RestartKnownAsync(name, cancellationToken);
        }
    }
}
