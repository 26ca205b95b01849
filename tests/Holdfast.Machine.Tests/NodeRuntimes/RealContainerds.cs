using System.Diagnostics;
using Holdfast.Node;

namespace Holdfast.Machine.Tests.NodeRuntimes;

/// <summary>Services as plain child processes of the test, each with its log in a file. For one test at a time.</summary>
internal sealed class RealContainerds(string logDirectory) : IServiceManager, IAsyncDisposable
{
    private readonly Dictionary<string, (ServiceDefinition Definition, Process? Process)> services = [];

    public int Starts { get; private set; }

    /// <summary>Below which programs are started; empty for the machine's own.</summary>
    public string ProgramRoot { get; init; } = "";

    public Task<ServiceStatus> StatusAsync(string service, CancellationToken cancellationToken)
    {
        var process = Running(service);
        return Task.FromResult(
            new ServiceStatus(
                services.ContainsKey(service),
                process is not null,
                process is not null,
                process?.Id,
                process is null ? null : new DateTimeOffset(process.StartTime)
            )
        );
    }

    public Task<bool> RunsAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Task.FromResult(
            services.TryGetValue(service.Name, out var known)
                && known.Definition.Arguments.SequenceEqual(service.Arguments)
        );

    public async Task StartAsync(ServiceDefinition service, CancellationToken cancellationToken)
    {
        if (Running(service.Name) is not null)
        {
            return;
        }
        Starts++;
        var log = Path.Join(logDirectory, service.Name + ".log");
        var quoted = ProgramRoot + string.Join(' ', service.Arguments.Select(a => $"'{a}'"));
        // Shims are started by paths of the real root: there, and only for this process, these are the test's.
        var binds = new[] { "/opt", "/usr/local" }
            .Where(directory => ProgramRoot.Length > 0 && Directory.Exists(ProgramRoot + directory))
            .Select(directory => $"mount --bind '{ProgramRoot}{directory}' {directory} && ");
        var started =
            ProgramRoot.Length > 0 ? $"unshare --mount /bin/sh -c \"{string.Concat(binds)}exec {quoted}\"" : quoted;
        var process = Process.Start("/bin/sh", ["-c", $"exec {started} >>'{log}' 2>&1"]);
        services[service.Name] = (service, process);
        await Task.Delay(50, cancellationToken);
    }

    public async Task RestartAsync(ServiceDefinition service, CancellationToken cancellationToken)
    {
        await StopAsync(service.Name, stop: true, disable: false, cancellationToken);
        await StartAsync(service, cancellationToken);
    }

    public Task RestartKnownAsync(string service, CancellationToken cancellationToken) =>
        RestartAsync(services[service].Definition, cancellationToken);

    public async Task StopAsync(string service, bool stop, bool disable, CancellationToken cancellationToken)
    {
        if (stop && Running(service) is { } process)
        {
            // SIGTERM, so that containerd unmounts what it must.
            using var kill = Process.Start("/bin/kill", ["-TERM", $"{process.Id}"]);
            await kill.WaitForExitAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
        }
    }

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<IReadOnlyList<string>> ReadLastLinesAsync(
        string service,
        int count,
        CancellationToken cancellationToken
    )
    {
        var log = Path.Join(logDirectory, service + ".log");
        return File.Exists(log) ? [.. (await File.ReadAllLinesAsync(log, cancellationToken)).TakeLast(count)] : [];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in services.Keys)
        {
            await StopAsync(name, stop: true, disable: true, CancellationToken.None);
        }
    }

    private Process? Running(string service) =>
        services.TryGetValue(service, out var known) && known.Process is { HasExited: false } process ? process : null;
}
