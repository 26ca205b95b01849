namespace Holdfast.Cri.Events;

internal sealed class RuntimeEventWatch(RuntimeEndpoint endpoint)
{
    public async IAsyncEnumerable<RuntimeEvent> RunAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        yield return new RuntimeEvent(endpoint.Name, RuntimeEventKind.Resync, "", endpoint.Time.GetUtcNow(), null);
        await Task.Delay(Timeout.InfiniteTimeSpan, endpoint.Time, cancellationToken);
    }
}
