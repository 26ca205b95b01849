using System.Net.Sockets;
using Holdfast.Changes.Files;
using Holdfast.Linux;

namespace Holdfast.Changes.Services;

/// <summary>How a service was before a write of Holdfast, and what it reads.</summary>
/// <param name="ConfigFiles">What the wanted version reads at its start.</param>
public sealed record ServiceRecord(
    string Name,
    bool WasKnown,
    bool WasEnabled,
    bool WasRunning,
    IReadOnlyList<string> ConfigFiles
);

/// <summary>
/// A service that runs, comes back after a reboot and was started after the files it reads were last changed. The last
/// heals a crash between the writing of a configuration and the restart: the next run sees an old process.
/// </summary>
/// <param name="configFiles">What it reads at its start, its program included if Holdfast replaces that.</param>
public sealed class ServiceChange(ServiceDefinition definition, IReadOnlyList<string> configFiles)
    : Change<ServiceRecord>(ServiceKind, definition.Name, $"service {definition.Name} runs with its configuration")
{
    /// <summary>
    /// How long it may take until the socket answers: containerd with a large image store on a slow card, or anything on
    /// an emulated processor that has other work too. One that ended is noticed at once.
    /// </summary>
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromMinutes(3);

    /// <summary>A service that lives this long after its start does not fall over its configuration.</summary>
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan FirstPollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Each look runs systemctl, which on a slow machine takes the processor from what it waits for.</summary>
    private static readonly TimeSpan LongestPollInterval = TimeSpan.FromSeconds(1);

    public static ChangeKind<ServiceRecord> ServiceKind { get; } =
        new("service", ChangesJson.Default.ServiceRecord, UndoAsync, SettleAsync) { Follow = FollowAsync };

    /// <summary>Unix socket that answers when the service is ready; null when running is enough.</summary>
    public string? ReadySocket { get; init; }

    /// <summary>
    /// How the service was before Holdfast, where an earlier step has started it already; null asks the service manager.
    /// </summary>
    public Func<Machine, CancellationToken, Task<ServiceStatus?>>? StatusBefore { get; init; }

    /// <summary>The changes that make a service run under whichever manager the machine has: its unit, then the service.</summary>
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
        IReadOnlyList<string> files = configFiles;
        if (isSystemd && !service.HasUnitFromPackage)
        {
            var unit = SystemdServices.UnitPath(service.Name);
            files = [.. configFiles, unit];
            yield return new FileChange(unit, SystemdUnit.Render(service))
            {
                Title = $"systemd knows the service {service.Name}",
                Mode = AtomicFile.DefaultMode,
            };
        }

        yield return new ServiceChange(service, files) { ReadySocket = readySocket, Why = why };
    }

    public override async Task<Inspection> InspectAsync(
        Machine machine,
        History<ServiceRecord> history,
        CancellationToken cancellationToken
    )
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

    public override async Task<ServiceRecord> RememberAsync(
        Machine machine,
        History<ServiceRecord> history,
        CancellationToken cancellationToken
    )
    {
        var before = StatusBefore is null ? null : await StatusBefore(machine, cancellationToken);
        var status = before ?? await machine.Services.StatusAsync(Subject, cancellationToken);
        return new ServiceRecord(Subject, status.IsKnown, status.IsEnabled, status.IsRunning, configFiles);
    }

    public override async Task DoAsync(
        Machine machine,
        History<ServiceRecord> history,
        CancellationToken cancellationToken
    )
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

        await WaitUntilReadyAsync(machine, cancellationToken);
    }

    private async Task WaitUntilReadyAsync(Machine machine, CancellationToken cancellationToken)
    {
        var start = machine.Time.GetTimestamp();
        var first = await machine.Services.StatusAsync(Subject, cancellationToken);
        var pollInterval = FirstPollInterval;
        while (true)
        {
            var isReady = ReadySocket is null || await AnswersAsync(machine.At(ReadySocket), cancellationToken);
            var elapsed = machine.Time.GetElapsedTime(start);
            if (isReady && elapsed > SettleTime)
            {
                return;
            }

            var now = await machine.Services.StatusAsync(Subject, cancellationToken);
            if (!now.IsRunning || now.ProcessId != first.ProcessId)
            {
                throw await FailedAsync(machine, "it ended right after its start", cancellationToken);
            }

            if (elapsed > ReadyTimeout)
            {
                throw await FailedAsync(
                    machine,
                    $"{ReadySocket} does not answer after {ReadyTimeout.TotalSeconds} s",
                    cancellationToken
                );
            }

            await Task.Delay(pollInterval, machine.Time, cancellationToken);
            pollInterval = TimeSpan.FromTicks(Math.Min(pollInterval.Ticks * 3 / 2, LongestPollInterval.Ticks));
        }
    }

    private async Task<NodeException> FailedAsync(Machine machine, string why, CancellationToken cancellationToken)
    {
        var lines = await machine.Services.ReadLastLinesAsync(Subject, 5, cancellationToken);
        var log = lines.Count == 0 ? "" : $"; last log lines: {string.Join(" | ", lines)}";
        var files = configFiles.Count == 0 ? "" : $"; check {string.Join(", ", configFiles)}";
        return new NodeException(NodeReason.ServiceFailed, $"cannot start {Subject}: {why}{log}{files}");
    }

    private static async Task<bool> AnswersAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
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
