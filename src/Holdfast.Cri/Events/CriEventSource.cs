using System.Runtime.CompilerServices;
using Holdfast.Cri.V1;

namespace Holdfast.Cri.Events;

/// <summary>The event stream of CRI itself.</summary>
internal sealed class CriEventSource(RuntimeEndpoint endpoint) : IEventSource
{
    /// <summary>
    /// A runtime without the call says so at once; one that has it says nothing before the first event. After this time
    /// the subscription counts as begun: a refusal takes about a millisecond.
    /// </summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// CRI-O from 1.26 on has the call, and without enable_pod_events (its default) ends the stream at once and well. A
    /// stream that ends so early without an event is taken for that, also where a busy machine needs longer than
    /// <see cref="Grace"/>.
    /// </summary>
    private static readonly TimeSpan ShortestStream = TimeSpan.FromSeconds(10);

    public string Name => "CRI";

    public async IAsyncEnumerable<RuntimeEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var agreed = await endpoint.AgreeAsync(cancellationToken);
        var started = endpoint.Time.GetTimestamp();
        var isSilent = true;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answers = endpoint
            .Channel.StreamAsync(
                "watch events",
                options => agreed.Clients.Runtime.GetContainerEvents(new GetEventsRequest(), options),
                stop.Token
            )
            .GetAsyncEnumerator(stop.Token);
        var next = answers.MoveNextAsync().AsTask();
        try
        {
            await Task.WhenAny(next, Task.Delay(Grace, endpoint.Time, cancellationToken));
            if (next.IsCompleted && !await next)
            {
                throw SwitchedOff();
            }

            yield return new RuntimeEvent(
                endpoint.Name,
                RuntimeEventKind.Resync,
                "",
                endpoint.Time.GetUtcNow(),
                ExitCode: null
            );
            while (await next)
            {
                isSilent = false;
                var item = Read(endpoint.Name, answers.Current);
                next = answers.MoveNextAsync().AsTask();
                yield return item;
            }

            if (isSilent && endpoint.Time.GetElapsedTime(started) < ShortestStream)
            {
                throw SwitchedOff();
            }
        }
        finally
        {
            // An iterator cannot be disposed of while it is asked for its next item.
            await stop.CancelAsync();
            await next.ContinueWith(
                static _ => { },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
            await answers.DisposeAsync();
        }
    }

    internal static RuntimeEvent Read(string endpoint, ContainerEventResponse answer)
    {
        var kind = answer.ContainerEventType switch
        {
            ContainerEventType.ContainerCreatedEvent => RuntimeEventKind.Created,
            ContainerEventType.ContainerStartedEvent => RuntimeEventKind.Started,
            ContainerEventType.ContainerStoppedEvent => RuntimeEventKind.Exited,
            ContainerEventType.ContainerDeletedEvent => RuntimeEventKind.Deleted,
            // A kind that a newer runtime may have: the reader looks for itself.
            _ => RuntimeEventKind.Resync,
        };
        var status = answer.ContainersStatuses.FirstOrDefault(status => status.Id == answer.ContainerId);
        return new RuntimeEvent(
            endpoint,
            kind,
            kind == RuntimeEventKind.Resync ? "" : answer.ContainerId,
            DateTimeOffset.UnixEpoch.AddTicks(answer.CreatedAt / 100),
            kind == RuntimeEventKind.Exited && status is { State: ContainerState.ContainerExited } && IsTold(status)
                ? status.ExitCode
                : null
        );
    }

    /// <summary>
    /// Whether the exit code says why it ended. CRI has no event of its own for the kernel's killing, as containerd has:
    /// whoever wants that reason asks for the status.
    /// </summary>
    private static bool IsTold(ContainerStatus status) => status.Reason is "" or "Completed" or "Error";

    private CriException SwitchedOff() =>
        new(
            CriReason.Unimplemented,
            $"cannot watch events in {endpoint.Name}: it ends the stream at once, so its events are switched off"
        );
}
