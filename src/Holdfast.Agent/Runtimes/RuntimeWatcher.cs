using Holdfast.Agent.Pods;
using Holdfast.Cri;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.Runtimes;

/// <summary>Follows one runtime: its events to the pods, its lists after every gap, and whether it is there at all.</summary>
internal sealed class RuntimeWatcher(
    RuntimeState runtime,
    PodWorkers pods,
    AgentOptions options,
    TimeProvider time,
    ILogger logger,
    Action changed
)
{
    private static readonly TimeSpan ListRetry = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim listing = new(1);

    public string RuntimeName => runtime.Name;

    public async Task RunAsync(CancellationToken ct)
    {
        _ = MakeContactAsync(ct);
        await foreach (var happened in runtime.Endpoint.WatchEventsAsync(ct))
        {
            switch (happened.Kind)
            {
                case RuntimeEventKind.Resync:
                    await ListUntilDoneAsync(ct);
                    break;
                case RuntimeEventKind.Disconnected:
                    SetOffline("the connection to it was lost");
                    break;
                default:
                    pods.Happen(happened);
                    break;
            }
        }
    }

    /// <summary>A stream of events that was never there is not reported as lost; so it is asked once.</summary>
    private async Task MakeContactAsync(CancellationToken ct)
    {
        try
        {
            await runtime.Endpoint.ConnectAsync(ct);
        }
        catch (CriException e) when (!runtime.IsOnline)
        {
            logger.RuntimeOffline(runtime.Name, e.Message);
            SetOffline(e.Message);
        }
        catch (CriException)
        {
            // It answered somebody else meanwhile.
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }

    /// <summary>Lists everything and hands it to the pods; only then may anything be started in this runtime.</summary>
    public async Task ListAsync(CancellationToken ct)
    {
        await listing.WaitAsync(ct);
        try
        {
            var started = time.GetTimestamp();
            var version = await runtime.Endpoint.ConnectAsync(ct);
            runtime.SetVersion(version.RuntimeName, version.Version);
            var snapshot = await RuntimeSnapshot.TakeAsync(runtime, options, time, ct);
            runtime.Images.ForgetAll();
            pods.Observe(snapshot);
            if (runtime.IsOnline)
            {
                return;
            }

            runtime.SetOnline();
            pods.Continue();
            var milliseconds = (long)time.GetElapsedTime(started).TotalMilliseconds;
            logger.RuntimeOnline(runtime.Name, runtime.Version, snapshot.ByPodUid.Count, milliseconds);
            changed();
        }
        finally
        {
            listing.Release();
        }
    }

    private async Task ListUntilDoneAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await ListAsync(ct);
                return;
            }
            catch (CriException e)
            {
                SetOffline(e.Message);
                logger.RuntimeNotListed(runtime.Name, ListRetry.TotalSeconds, e);
            }

            await Task.Delay(ListRetry, time, ct);
        }
    }

    private void SetOffline(string cause)
    {
        if (runtime.IsOnline)
        {
            logger.RuntimeOffline(runtime.Name, cause);
        }

        runtime.SetOffline(cause);
        changed();
    }
}
