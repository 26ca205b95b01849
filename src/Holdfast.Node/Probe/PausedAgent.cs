namespace Holdfast.Node.Probe;

/// <summary>
/// Keeps the agent of a cluster stopped while a probe runs: kubelet and edgecore stop every pod that they do not know, and
/// what takes longer than their cleanup period would never pass. Their pods run on meanwhile. A crash in between leaves
/// the agent stopped, which the next <c>up</c> finds and mends.
/// </summary>
public static class PausedAgent
{
    /// <summary>Its own time, because it also runs after a cancellation; an agent says that it is ready after seconds.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    /// <param name="service">The agent's service; null on a standalone node, whose agent leaves probes alone.</param>
    /// <param name="progress">Told that the agent is stopped.</param>
    /// <exception cref="NodeException">ServiceFailed: the agent does not stop, or does not start again.</exception>
    public static async Task<T> RunAsync<T>(
        Machine machine,
        string? service,
        IProgress<string>? progress,
        Func<Task<T>> run,
        CancellationToken cancellationToken
    )
    {
        if (service is null || !(await machine.Services.StatusAsync(service, cancellationToken)).IsRunning)
        {
            return await run();
        }

        progress?.Report($"{service} is stopped meanwhile, since it removes pods that it does not know");
        using var limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, machine.Time);
        try
        {
            await machine.Services.StopAsync(service, stop: true, disable: false, cancellationToken);
            return await run();
        }
        finally
        {
            limit.CancelAfter(StartLimit);
            await machine.Services.RestartKnownAsync(service, limit.Token);
        }
    }
}
