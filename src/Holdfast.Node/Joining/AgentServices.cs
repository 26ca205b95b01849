namespace Holdfast.Node.Joining;

/// <summary>
/// The services that a join starts (kubelet, yurthub, edgecore), before Holdfast's own step for them looks: how they were
/// before the join is what undo returns to.
/// </summary>
internal static class AgentServices
{
    private const string StateFile = "services.json";

    /// <summary>Keeps how the services are now, unless an earlier attempt of the join has done that.</summary>
    public static async Task RememberAsync(
        Machine machine,
        IReadOnlyList<ServiceBefore> services,
        CancellationToken cancellationToken
    )
    {
        var json = JoiningJson.Default.IReadOnlyListServiceBefore;
        if (await JoinState.ReadAsync(machine, StateFile, json, cancellationToken) is null)
        {
            await JoinState.WriteAsync(machine, StateFile, services, json, cancellationToken);
        }
    }

    /// <summary>How a service was before the join; null when Holdfast made no join that starts it.</summary>
    public static async Task<ServiceStatus?> StatusBeforeAsync(
        Machine machine,
        string name,
        CancellationToken cancellationToken
    )
    {
        var json = JoiningJson.Default.IReadOnlyListServiceBefore;
        var services = await JoinState.ReadAsync(machine, StateFile, json, cancellationToken);
        return services?.FirstOrDefault(service => service.Name == name) is { } before
            ? new ServiceStatus(before.Known, before.Enabled, before.Running, ProcessId: null, StartedAt: null)
            : null;
    }

    public static async Task<IReadOnlyList<ServiceBefore>> ReadAsync(
        Machine machine,
        IEnumerable<string> names,
        CancellationToken cancellationToken
    )
    {
        var services = new List<ServiceBefore>();
        foreach (var name in names)
        {
            var status = await machine.Services.StatusAsync(name, cancellationToken);
            services.Add(new ServiceBefore(name, status.IsKnown, status.IsEnabled, status.IsRunning));
        }
        return services;
    }

    public static async Task StopAsync(
        Machine machine,
        string service,
        bool disable,
        CancellationToken cancellationToken
    )
    {
        var status = await machine.Services.StatusAsync(service, cancellationToken);
        var isDisabled = disable && status.IsEnabled;
        if (status.IsKnown && (status.IsRunning || isDisabled))
        {
            await machine.Services.StopAsync(service, status.IsRunning, isDisabled, cancellationToken);
        }
    }

    /// <summary>One that ran before the join runs again: the join and the reset both stop it.</summary>
    public static async Task StartAgainAsync(
        Machine machine,
        IReadOnlyList<ServiceBefore> services,
        CancellationToken cancellationToken
    )
    {
        foreach (var service in services.Where(service => service.Running))
        {
            if (
                await machine.Services.StatusAsync(service.Name, cancellationToken) is
                { IsKnown: true, IsRunning: false }
            )
            {
                await machine.Services.RestartKnownAsync(service.Name, cancellationToken);
            }
        }
    }
}
