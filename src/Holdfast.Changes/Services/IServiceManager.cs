namespace Holdfast.Changes.Services;

/// <summary>A service as Holdfast wants it run.</summary>
/// <param name="Name">Without <c>.service</c>.</param>
/// <param name="Arguments">The program with its full path, then its arguments.</param>
public sealed record ServiceDefinition(string Name, string Description, IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Names of services that are started before this one.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>
    /// Whether the unit comes with the package (containerd from apt) and Holdfast writes none. Only matters to systemd: the
    /// supervised manager needs nothing but this record.
    /// </summary>
    public bool HasUnitFromPackage { get; init; }
}

/// <summary>How a service is at this moment.</summary>
/// <param name="IsKnown">Whether the manager has a definition of it.</param>
/// <param name="IsEnabled">Whether it starts by itself after a reboot, where the manager can do that.</param>
/// <param name="StartedAt">When its main process was started; null when it does not run.</param>
public sealed record ServiceStatus(
    bool IsKnown,
    bool IsEnabled,
    bool IsRunning,
    int? ProcessId,
    DateTimeOffset? StartedAt
);

/// <summary>
/// Starts and stops services. There are two: systemd, and Holdfast's own supervisor where PID 1 is something else.
/// Implementations are safe from any thread; every failure is a <see cref="NodeException"/> with the last lines of the service's log.
/// </summary>
public interface IServiceManager
{
    Task<ServiceStatus> StatusAsync(string service, CancellationToken cancellationToken);

    /// <summary>Whether what runs (or would run) is this definition, not an older one.</summary>
    Task<bool> RunsAsync(ServiceDefinition service, CancellationToken cancellationToken);

    /// <summary>Starts it now and, where the manager can, after every reboot. Does nothing when it runs already.</summary>
    Task StartAsync(ServiceDefinition service, CancellationToken cancellationToken);

    /// <summary>Stops it if it runs, and starts it as <see cref="StartAsync"/> does.</summary>
    Task RestartAsync(ServiceDefinition service, CancellationToken cancellationToken);

    /// <summary>Starts or restarts a service by what the manager knows of it; undo has no definition.</summary>
    Task RestartKnownAsync(string service, CancellationToken cancellationToken);

    /// <summary>Stops it now, or keeps it from starting after a reboot, or both. Does nothing that is so already.</summary>
    Task StopAsync(string service, bool stop, bool disable, CancellationToken cancellationToken);

    /// <summary>Reads definitions anew after their files were put back or removed.</summary>
    Task RefreshAsync(CancellationToken cancellationToken);

    /// <summary>The last lines it wrote, for an error message; empty when there are none.</summary>
    Task<IReadOnlyList<string>> ReadLastLinesAsync(string service, int count, CancellationToken cancellationToken);
}
