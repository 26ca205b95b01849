namespace Holdfast.Node.Joining;

/// <summary>
/// The services that a join starts (kubelet, yurthub, edgecore), before Holdfast's own step for them looks: how they were
/// before the join is what undo returns to.
/// </summary>
internal static class AgentServices
{
    private const string StateFile = "services.json";

    /// <summary>Keeps how the services were, unless an earlier attempt of the join has done that.</summary>
    public static async Task RememberAsync(
        Machine machine,
        IReadOnlyList<ServiceRecord> services,
        CancellationToken cancellationToken
    )
    {
        if (await ReadAsync(machine, cancellationToken) is null)
        {
            var json = JoiningJson.Default.IReadOnlyListServiceRecord;
            await JoinState.WriteAsync(machine, StateFile, services, json, cancellationToken);
        }
    }

    /// <summary>How a service was before the join; null when Holdfast made no join that starts it.</summary>
    public static async Task<ServiceStatus?> StatusBeforeAsync(
        Machine machine,
        string name,
        CancellationToken cancellationToken
    ) =>
        (await ReadAsync(machine, cancellationToken))?.FirstOrDefault(service => service.Name == name) is { } before
            ? new ServiceStatus(
                IsKnown: before.WasEnabled || before.WasRunning,
                before.WasEnabled,
                before.WasRunning,
                ProcessId: null,
                StartedAt: null
            )
            : null;

    public static async Task<IReadOnlyList<ServiceRecord>> LookAsync(
        Machine machine,
        IEnumerable<string> names,
        CancellationToken cancellationToken
    )
    {
        var services = new List<ServiceRecord>();
        foreach (var name in names)
        {
            var status = await machine.Services.StatusAsync(name, cancellationToken);
            services.Add(new ServiceRecord(name, status.IsEnabled, status.IsRunning, []));
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
        IReadOnlyList<ServiceRecord> services,
        CancellationToken cancellationToken
    )
    {
        foreach (var name in services.Where(service => service.WasRunning).Select(service => service.Name))
        {
            if (await machine.Services.StatusAsync(name, cancellationToken) is { IsKnown: true, IsRunning: false })
            {
                await machine.Services.RestartKnownAsync(name, cancellationToken);
            }
        }
    }

    private static Task<IReadOnlyList<ServiceRecord>?> ReadAsync(
        Machine machine,
        CancellationToken cancellationToken
    ) => JoinState.ReadAsync(machine, StateFile, JoiningJson.Default.IReadOnlyListServiceRecord, cancellationToken);
}
