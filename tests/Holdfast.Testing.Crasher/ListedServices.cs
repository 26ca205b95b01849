namespace Holdfast.Testing.Crasher;

/// <summary>Services that exist where their unit does, and only in memory.</summary>
public sealed class ListedServices : IServiceManager
{
    private readonly Dictionary<string, ServiceStatus> services = [];
    private int nextProcessId = 100;

    public List<string> Calls { get; } = [];

    public void Add(string service, bool isRunning, bool isEnabled, DateTimeOffset? startedAt = null) =>
        services[service] = new ServiceStatus(
            true,
            isEnabled,
            isRunning,
            isRunning ? nextProcessId++ : null,
            isRunning ? startedAt ?? TimeProvider.System.GetUtcNow() : null
        );

    public Task<ServiceStatus> StatusAsync(string service, CancellationToken cancellationToken) =>
        Task.FromResult(services.GetValueOrDefault(service) ?? new ServiceStatus(false, false, false, null, null));

    public Task<bool> RunsAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task StartAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Start("start", service.Name);

    public Task RestartAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Start("restart", service.Name);

    public Task RestartKnownAsync(string service, CancellationToken cancellationToken) =>
        Start("restart-known", service);

    public Task StopAsync(string service, bool stop, bool disable, CancellationToken cancellationToken)
    {
        Calls.Add($"stop {service} {stop} {disable}");
        var now = services[service];
        Add(service, now.IsRunning && !stop, now.IsEnabled && !disable, now.StartedAt);
        return Task.CompletedTask;
    }

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> ReadLastLinesAsync(
        string service,
        int count,
        CancellationToken cancellationToken
    ) => Task.FromResult<IReadOnlyList<string>>([]);

    private Task Start(string verb, string service)
    {
        Calls.Add($"{verb} {service}");
        Add(service, isRunning: true, isEnabled: true);
        return Task.CompletedTask;
    }
}
