using System.Runtime.CompilerServices;

namespace Holdfast.Cri.Events;

/// <summary>
/// Keeps one stream of events alive: chooses the best source that the runtime has, connects again when it is lost, and
/// puts a Resync wherever something may have been missed. For one reader.
/// </summary>
internal sealed class RuntimeEventWatch
{
    /// <summary>Connecting to a unix socket costs nothing, and pods wait for a runtime that was restarted.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly RuntimeEndpoint endpoint;
    private readonly EventQueue queue;
    private readonly IReadOnlyList<IEventSource> sources;
    private bool isOutageLogged;

    public RuntimeEventWatch(RuntimeEndpoint endpoint)
    {
        this.endpoint = endpoint;
        queue = new EventQueue(endpoint.Options.EventQueueCapacity, () => Make(RuntimeEventKind.Resync));

        // containerd's own stream comes first although containerd 1.7 has GetContainerEvents too: there each event goes
        // to only one of several watchers, and may go to one that left already (containerd issue 7318).
        var containerd = endpoint.Options.ContainerdNamespace;
        IEventSource cri = new CriEventSource(endpoint);
        IEventSource relist = new RelistEventSource(endpoint);
        sources = containerd is null ? [cri, relist] : [new ContainerdEventSource(endpoint, containerd), cri, relist];
    }

    public async IAsyncEnumerable<RuntimeEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, endpoint.Closing);
        var pump = PumpAsync(stop.Token);
        try
        {
            await foreach (var item in queue.ReadAllAsync(cancellationToken))
            {
                yield return item;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await pump;
        }
    }

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                if (await WatchOnceAsync(cancellationToken))
                {
                    Write(Make(RuntimeEventKind.Disconnected));
                    pause = FirstPause;
                }

                await Task.Delay(pause, endpoint.Time, cancellationToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            queue.Complete();
        }
        catch (Exception broken)
        {
            queue.Complete(broken);
        }
    }

    /// <summary>Watches until the runtime is out of reach.</summary>
    /// <returns>Whether it had been within reach.</returns>
    private async Task<bool> WatchOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await endpoint.ConnectAsync(cancellationToken);
        }
        catch (CriException cause)
        {
            LogOutage(cause);
            return false;
        }

        foreach (var source in sources)
        {
            var (isLive, cause) = await ReadAsync(source, cancellationToken);
            if (cause is { Reason: CriReason.Unimplemented })
            {
                // The runtime does not have this source: the next one. Its first item is a Resync, so nothing is lost
                // when that turned out late.
                continue;
            }

            if (cause is not null)
            {
                LogOutage(cause);
            }

            return isLive;
        }

        return false;
    }

    /// <summary>Passes on what a source has until it ends, is lost, or the runtime hangs.</summary>
    /// <returns>Whether it began, and why it was lost.</returns>
    private async Task<(bool IsLive, CriException? Cause)> ReadAsync(
        IEventSource source,
        CancellationToken cancellationToken
    )
    {
        var isLive = false;
        CriException? cause = null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var heartbeat = RuntimeHeartbeat.WatchAsync(endpoint, stop);
        try
        {
            await foreach (var item in source.ReadAsync(stop.Token))
            {
                if (!isLive)
                {
                    isLive = true;
                    isOutageLogged = false;
                    CriLog.Watching(endpoint.Log, endpoint.Name, source.Name);
                }

                Write(item);
            }
        }
        catch (CriException lost)
        {
            cause = lost;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The heartbeat stopped it and knows why.
        }
        finally
        {
            await stop.CancelAsync();
            cause = await heartbeat ?? cause;
        }

        return (isLive, cause);
    }

    /// <summary>Once per outage, not once per attempt.</summary>
    private void LogOutage(CriException cause)
    {
        if (!isOutageLogged)
        {
            isOutageLogged = true;
            CriLog.Lost(endpoint.Log, endpoint.Name, cause.Message);
        }
    }

    private void Write(RuntimeEvent item)
    {
        if (!queue.Write(item))
        {
            CriLog.Overflow(endpoint.Log, endpoint.Name);
        }
    }

    private RuntimeEvent Make(RuntimeEventKind kind) => new(endpoint.Name, kind, "", endpoint.Time.GetUtcNow(), null);
}
