using Holdfast.Linux;

namespace Holdfast.Changes.Services;

/// <summary>Services of a machine whose PID 1 is systemd, through systemctl. Safe from any thread.</summary>
public sealed class SystemdServices : IServiceManager
{
    /// <summary>systemd's own limit for starting a service is 90 s; stopping the old process may take as long.</summary>
    private static readonly TimeSpan ChangeTimeout = TimeSpan.FromMinutes(4);

    private const string BootTarget = "multi-user.target";

    private static readonly TimeSpan QueryTimeout = TimeSpan.FromSeconds(30);

    private readonly TimeProvider time;
    private readonly RunCommand run;

    /// <param name="run">Null runs real processes.</param>
    public SystemdServices(TimeProvider time, RunCommand? run = null)
    {
        this.time = time;
        this.run = run ?? ChildProcess.RunAsync;
    }

    /// <summary>Whether systemd is PID 1: systemctl is installed on many machines (containers) where it is not.</summary>
    /// <param name="root">Below which <c>/proc</c> and <c>/run</c> are looked at.</param>
    public static bool IsInit(string root = "/") =>
        Directory.Exists(Path.Join(root, "run/systemd/system"))
        && File.Exists(Path.Join(root, "proc/1/comm"))
        && File.ReadAllText(Path.Join(root, "proc/1/comm")).Trim() == "systemd";

    /// <summary>Where an administrator's units lie; those of packages lie elsewhere.</summary>
    public const string OwnUnits = "/etc/systemd/system";

    /// <summary>Where the unit of a service lies that Holdfast defines.</summary>
    public static string UnitPath(string service) => $"{OwnUnits}/{service}.service";

    public async Task<ServiceStatus> StatusAsync(string service, CancellationToken cancellationToken)
    {
        var unit = await ShowAsync(service, cancellationToken);
        var processId = int.TryParse(unit.GetValueOrDefault("MainPID"), out var id) && id > 0 ? id : (int?)null;
        var process = processId is { } known ? ProcessTable.Identify(known) : null;

        // A unit that waits for its restart is "activating" too, but has no process then.
        var isRunning = process is not null && unit["ActiveState"] is "active" or "reloading" or "activating";
        return new ServiceStatus(
            // One whose file is gone runs on, and can still be stopped.
            unit["LoadState"] is "loaded" or "masked"
                || isRunning,
            StartsAtBoot(unit),
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
        var unit = await ShowAsync(service, cancellationToken);
        var hasFile = unit["LoadState"] != "not-found";
        if (disable && hasFile)
        {
            await ChangeAsync("disable", service, cancellationToken);
        }

        if (stop && (hasFile || unit["ActiveState"] != "inactive"))
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
                $"cannot start {service.Name}: it is masked; run: systemctl unmask {service.Name}"
            );
        }

        // A unit that failed too often in a row refuses to start until its count is forgotten.
        await RunAsync(["reset-failed", $"{service.Name}.service"], QueryTimeout, cancellationToken);
        await ChangeAsync("enable", service.Name, cancellationToken);
        if (!StartsAtBoot(await ShowAsync(service.Name, cancellationToken)))
        {
            // A unit without an [Install] section, or with one that only names others; disable takes this back too.
            await RequireAsync(["add-wants", BootTarget, $"{service.Name}.service"], service.Name, cancellationToken);
        }

        await ChangeAsync(verb, service.Name, cancellationToken);
    }

    /// <summary>"static" and "indirect" say that a unit cannot be enabled; whether something starts it is another matter.</summary>
    private static bool StartsAtBoot(Dictionary<string, string> unit) =>
        unit.GetValueOrDefault("UnitFileState") is "enabled" or "alias"
        || unit.GetValueOrDefault("WantedBy") is { Length: > 0 }
        || unit.GetValueOrDefault("RequiredBy") is { Length: > 0 };

    private Task ChangeAsync(string verb, string service, CancellationToken cancellationToken) =>
        RequireAsync([verb, $"{service}.service"], service, cancellationToken);

    private async Task RequireAsync(
        IReadOnlyList<string> arguments,
        string service,
        CancellationToken cancellationToken
    )
    {
        var result = await RunAsync(arguments, ChangeTimeout, cancellationToken);
        if (!result.Succeeded)
        {
            var lines = await ReadLastLinesAsync(service, 5, cancellationToken);
            var cause = lines.Count == 0 ? result.LastErrorLine : string.Join(" | ", lines);
            throw new NodeException(
                NodeReason.ServiceFailed,
                $"cannot {arguments[0]} {service}: {cause}; see: journalctl -u {service}"
            );
        }
    }

    private async Task<Dictionary<string, string>> ShowAsync(string service, CancellationToken cancellationToken)
    {
        var result = await RunAsync(
            [
                "show",
                $"{service}.service",
                "--property=LoadState,ActiveState,UnitFileState,MainPID,NeedDaemonReload,WantedBy,RequiredBy",
            ],
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
