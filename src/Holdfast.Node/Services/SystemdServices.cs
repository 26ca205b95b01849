using Holdfast.Linux;

namespace Holdfast.Node.Services;

/// <summary>Services of a machine whose PID 1 is systemd, through systemctl. Safe from any thread.</summary>
public sealed class SystemdServices : IServiceManager
{
    /// <summary>systemd's own limit for starting a service is 90 s; stopping the old process may take as long.</summary>
    private static readonly TimeSpan ChangeTimeout = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);

    private readonly TimeProvider time;
    private readonly RunCommand run;

    /// <param name="run">Null runs real processes.</param>
    public SystemdServices(TimeProvider time, RunCommand? run = null)
    {
        this.time = time;
        this.run = run ?? ChildProcess.RunAsync;
    }

    public string Name => "systemd";

    /// <summary>Where the unit of a service lies that Holdfast defines.</summary>
    public static string UnitPath(string service) => $"/etc/systemd/system/{service}.service";

    public async Task<ServiceStatus> StatusAsync(string service, CancellationToken cancellationToken)
    {
        var unit = await ShowAsync(service, cancellationToken);
        var processId = int.TryParse(unit.GetValueOrDefault("MainPID"), out var id) && id > 0 ? id : (int?)null;
        var process = processId is { } known ? ProcessTable.Identify(known) : null;

        // A unit that waits for its restart is "activating" too, but has no process then.
        var isRunning = process is not null && unit["ActiveState"] is "active" or "reloading" or "activating";
        return new ServiceStatus(
            unit["LoadState"] == "loaded",
            unit.GetValueOrDefault("UnitFileState") is "enabled" or "static" or "alias" or "indirect",
            isRunning,
            isRunning ? processId : null,
            isRunning ? ProcessTable.StartedAt(process!, time) : null
        );
    }

    public async Task<bool> RunsAsync(ServiceDefinition service, CancellationToken cancellationToken)
    {
        var unit = await ShowAsync(service.Name, cancellationToken);
        return unit.GetValueOrDefault("NeedDaemonReload") != "yes";
    }

    public Task StartAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        StartAsync("start", service, cancellationToken);

    public Task RestartAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        StartAsync("restart", service, cancellationToken);

    public Task RestartKnownAsync(string service, CancellationToken cancellationToken) =>
        ChangeAsync("restart", service, cancellationToken);

    public async Task StopAsync(string service, bool stop, bool disable, CancellationToken cancellationToken)
    {
        if (disable)
        {
            await ChangeAsync("disable", service, cancellationToken);
        }

        if (stop)
        {
            await ChangeAsync("stop", service, cancellationToken);
            await RunAsync(["reset-failed", $"{service}.service"], QueryTimeout, cancellationToken);
        }
    }

    public async Task RefreshAsync(CancellationToken cancellationToken) =>
        await RunAsync(["daemon-reload"], ChangeTimeout, cancellationToken);

    public async Task<IReadOnlyList<string>> ReadLastLinesAsync(
        string service,
        int count,
        CancellationToken cancellationToken
    )
    {
        var result = await run(
            new ChildCommand(
                "journalctl",
                "-u",
                $"{service}.service",
                "-n",
                $"{count}",
                "-o",
                "cat",
                "--no-pager",
                "-q"
            ),
            QueryTimeout,
            cancellationToken
        );
        return result.StandardOutput.Split(
            '\n',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
        );
    }

    private async Task StartAsync(string verb, ServiceDefinition service, CancellationToken cancellationToken)
    {
        var unit = await ShowAsync(service.Name, cancellationToken);
        if (unit["LoadState"] != "loaded" || unit.GetValueOrDefault("NeedDaemonReload") == "yes")
        {
            await RefreshAsync(cancellationToken);
        }

        if (unit["LoadState"] == "masked")
        {
            throw new NodeException(
                NodeReason.ServiceFailed,
                $"cannot start {service.Name}: somebody masked it; run: systemctl unmask {service.Name}"
            );
        }

        // A unit that failed too often in a row refuses to start until its count is forgotten.
        await RunAsync(["reset-failed", $"{service.Name}.service"], QueryTimeout, cancellationToken);
        await ChangeAsync("enable", service.Name, cancellationToken);
        await ChangeAsync(verb, service.Name, cancellationToken);
    }

    private async Task ChangeAsync(string verb, string service, CancellationToken cancellationToken)
    {
        var result = await RunAsync([verb, $"{service}.service"], ChangeTimeout, cancellationToken);
        if (!result.Succeeded)
        {
            var lines = await ReadLastLinesAsync(service, 5, cancellationToken);
            var words = lines.Count == 0 ? result.LastErrorLine : string.Join(" | ", lines);
            throw new NodeException(
                NodeReason.ServiceFailed,
                $"cannot {verb} {service}: {words}; see: journalctl -u {service}"
            );
        }
    }

    private async Task<Dictionary<string, string>> ShowAsync(string service, CancellationToken cancellationToken)
    {
        var result = await RunAsync(
            ["show", $"{service}.service", "--property=LoadState,ActiveState,UnitFileState,MainPID,NeedDaemonReload"],
            QueryTimeout,
            cancellationToken
        );
        var unit = result
            .StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return unit.ContainsKey("LoadState") && unit.ContainsKey("ActiveState")
            ? unit
            : throw new NodeException(
                NodeReason.ServiceFailed,
                $"cannot ask systemd for {service}: {result.LastErrorLine}"
            );
    }

    private Task<ChildResult> RunAsync(
        IReadOnlyList<string> arguments,
        TimeSpan timeout,
        CancellationToken cancellationToken
    ) => run(new ChildCommand("systemctl", ["--no-pager", "--quiet", .. arguments]), timeout, cancellationToken);
}
