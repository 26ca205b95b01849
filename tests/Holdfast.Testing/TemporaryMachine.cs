using System.Text;
using Holdfast.Changes;
using Holdfast.Changes.Services;
using Holdfast.Linux;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Testing;

/// <summary>A machine in a temporary directory: its own /etc, /proc and /sys, scripted commands, services in memory.</summary>
public sealed partial class TemporaryMachine : IDisposable
{
    private readonly Dictionary<string, Func<ChildCommand, ChildResult>> commands = [];

    public TemporaryMachine()
    {
        Root = Directory.CreateTempSubdirectory("holdfast-node-").FullName;
        Paths = new NodePaths(Path.Join(Root, "node"));
        Machine = new Machine(
            Paths,
            Path.Join(Root, "files"),
            Services,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            RunAsync
        );
        Directory.CreateDirectory(Path.Join(Root, "files"));
    }

    public string Root { get; }

    public NodePaths Paths { get; }

    public MemoryServices Services { get; } = new();

    public Machine Machine { get; }

    public List<string> CommandsRun { get; } = [];

    public static CancellationToken Never => CancellationToken.None;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public void Write(string path, string content, UnixFileMode? mode = null)
    {
        var at = Machine.At(path);
        Directory.CreateDirectory(Path.GetDirectoryName(at)!);
        File.WriteAllText(at, content);
        if (mode is { } wanted)
        {
            File.SetUnixFileMode(at, wanted);
        }
    }

    public string Read(string path) => File.ReadAllText(Machine.At(path));

    /// <summary>Answers a command whose line begins with this text.</summary>
    public void Answer(string start, string output = "", int exitCode = 0, string error = "", Action? effect = null) =>
        commands[start] = _ =>
        {
            effect?.Invoke();
            return new ChildResult(exitCode, output, error);
        };

    public void Answer(string start, Func<ChildCommand, ChildResult> answer) => commands[start] = answer;

    /// <summary>Every file and directory of the machine with mode and content, for comparing two moments.</summary>
    public string Snapshot()
    {
        var text = new StringBuilder();
        foreach (
            var path in Directory
                .EnumerateFileSystemEntries(Machine.At("/"), "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
        )
        {
            var status = FileStatus.Read(path, followLink: false)!;
            var content = status.Kind == FileKind.Regular ? Convert.ToHexString(File.ReadAllBytes(path)) : "";
            text.Append($"{path} {status.Kind} {status.Mode} {status.Owner} {content}\n");
        }

        return text.ToString();
    }

    private Task<ChildResult> RunAsync(ChildCommand command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var line = command.ToString();
        CommandsRun.Add(line);
        var answer = commands
            .Where(pair => line.StartsWith(pair.Key, StringComparison.Ordinal))
            .OrderByDescending(pair => pair.Key.Length)
            .Select(pair => pair.Value)
            .FirstOrDefault();
        return answer is null
            ? throw new LinuxException(LinuxReason.NotFound, $"cannot run {command.FileName}: it does not exist")
            : Task.FromResult(answer(command));
    }
}

/// <summary>Services that exist only in memory.</summary>
public sealed class MemoryServices : IServiceManager
{
    private readonly Dictionary<string, ServiceStatus> services = [];
    private int nextProcessId = 100;

    public List<string> Calls { get; } = [];

    /// <summary>Called before a service is started; throws to refuse.</summary>
    public Action<string>? OnStart { get; set; }

    /// <summary>Called before a known service is started again; throws to refuse.</summary>
    public Action<string>? OnRestart { get; set; }

    public void Add(string service, bool isRunning, bool isEnabled, DateTimeOffset? startedAt = null) =>
        services[service] = Status(isRunning, isEnabled, startedAt ?? TimeProvider.System.GetUtcNow());

    public Task<ServiceStatus> StatusAsync(string service, CancellationToken cancellationToken) =>
        Task.FromResult(services.GetValueOrDefault(service) ?? new ServiceStatus(false, false, false, null, null));

    public Task<bool> RunsAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task StartAsync(ServiceDefinition service, CancellationToken cancellationToken)
    {
        Calls.Add($"start {service.Name}");
        OnStart?.Invoke(service.Name);
        var now = services.GetValueOrDefault(service.Name);
        services[service.Name] = now is { IsRunning: true }
            ? now with
            {
                IsEnabled = true,
            }
            : Status(true, true, TimeProvider.System.GetUtcNow());
        return Task.CompletedTask;
    }

    public Task RestartAsync(ServiceDefinition service, CancellationToken cancellationToken)
    {
        Calls.Add($"restart {service.Name}");
        OnStart?.Invoke(service.Name);
        services[service.Name] = Status(true, true, TimeProvider.System.GetUtcNow());
        return Task.CompletedTask;
    }

    public Task RestartKnownAsync(string service, CancellationToken cancellationToken)
    {
        Calls.Add($"restart-known {service}");
        OnRestart?.Invoke(service);
        services[service] = Status(true, services[service].IsEnabled, TimeProvider.System.GetUtcNow());
        return Task.CompletedTask;
    }

    public Task StopAsync(string service, bool stop, bool disable, CancellationToken cancellationToken)
    {
        Calls.Add($"stop {service} {stop} {disable}");
        if (services.TryGetValue(service, out var now))
        {
            var isRunning = now.IsRunning && !stop;
            services[service] = now with
            {
                IsEnabled = now.IsEnabled && !disable,
                IsRunning = isRunning,
                StartedAt = isRunning ? now.StartedAt : null,
            };
        }

        return Task.CompletedTask;
    }

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> ReadLastLinesAsync(
        string service,
        int count,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<string>>(["level=fatal msg=\"no\""]);

    private ServiceStatus Status(bool isRunning, bool isEnabled, DateTimeOffset startedAt) =>
        new(true, isEnabled, isRunning, isRunning ? nextProcessId++ : null, isRunning ? startedAt : null);
}
