using Holdfast.Linux;

namespace Holdfast.Changes.Services;

/// <summary>
/// Services of a machine whose PID 1 is no init that would run them: each has a supervisor process of its own. It is
/// for containers and CI: after a reboot they do not start by themselves; whatever starts the machine runs <c>holdfast up</c>. Safe from any thread.
/// </summary>
public sealed class SupervisedServices : IServiceManager
{
    private readonly NodePaths paths;
    private readonly IReadOnlyList<string> supervise;
    private readonly TimeProvider time;

    /// <param name="supervise">
    /// The command that runs a supervisor, its program with full path: <c>/usr/local/bin/holdfast supervise</c>. The name of
    /// the service is added to it.
    /// </param>
    public SupervisedServices(NodePaths paths, IReadOnlyList<string> supervise, TimeProvider time)
    {
        this.paths = paths;
        this.supervise = supervise;
        this.time = time;
    }

    public Task<ServiceStatus> StatusAsync(string service, CancellationToken cancellationToken)
    {
        var status = ServiceOf(service).ReadStatus();
        var process = status.Supervisor is null ? null : status.Service;

        // There is nothing to enable: a service that is known is meant to run.
        return Task.FromResult(
            new ServiceStatus(
                status.Definition is not null,
                status.Definition is not null,
                process is not null,
                process?.ProcessId,
                process is null ? null : ProcessTable.StartedAt(process, time)
            )
        );
    }

    public Task<bool> RunsAsync(ServiceDefinition service, CancellationToken cancellationToken) =>
        Task.FromResult(ToSupervised(service).IsSameAs(ServiceOf(service.Name).ReadStatus().Definition));

    public async Task StartAsync(ServiceDefinition service, CancellationToken cancellationToken)
    {
        try
        {
            await ServiceOf(service.Name).StartAsync(ToSupervised(service), supervise, cancellationToken);
        }
        catch (LinuxException cause)
        {
            throw new NodeException(NodeReason.ServiceFailed, cause.Message, cause);
        }
    }

    public async Task RestartAsync(ServiceDefinition service, CancellationToken cancellationToken)
    {
        await ServiceOf(service.Name).StopAsync(forget: false, cancellationToken);
        await StartAsync(service, cancellationToken);
    }

    public async Task RestartKnownAsync(string service, CancellationToken cancellationToken)
    {
        var known = ServiceOf(service);
        if (known.ReadStatus().Definition is { } definition)
        {
            await known.StopAsync(forget: false, cancellationToken);
            await known.StartAsync(definition, supervise, cancellationToken);
        }
    }

    /// <summary>There is nothing to disable; one that is to stay stopped is forgotten.</summary>
    public Task StopAsync(string service, bool stop, bool disable, CancellationToken cancellationToken) =>
        stop ? ServiceOf(service).StopAsync(forget: disable, cancellationToken) : Task.CompletedTask;

    public Task RefreshAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> ReadLastLinesAsync(
        string service,
        int count,
        CancellationToken cancellationToken
    ) => Task.FromResult(ServiceOf(service).ReadLastLines(count));

    private SupervisedService ServiceOf(string service) => new(paths.ServicesDirectory, service, time);

    private SupervisedDefinition ToSupervised(ServiceDefinition service) =>
        new(service.Name, service.Arguments, Path.Join(paths.ServiceLogsDirectory, $"{service.Name}.log"))
        {
            Environment = service.Environment,
        };
}
