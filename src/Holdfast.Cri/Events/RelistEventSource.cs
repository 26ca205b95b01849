using System.Runtime.CompilerServices;
using Holdfast.Cri.V1;

namespace Holdfast.Cri.Events;

/// <summary>The last resort, for runtimes without events: lists everything again and again and tells the differences.</summary>
internal sealed class RelistEventSource(RuntimeEndpoint endpoint) : IEventSource
{
    /// <summary>The kubelet lists every second; two are enough for a runtime that only the oldest nodes still have.</summary>
    public static readonly TimeSpan DefaultPeriod = TimeSpan.FromSeconds(2);

    public string Name => "lists";

    public async IAsyncEnumerable<RuntimeEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var known = await ListAsync(cancellationToken);
        yield return new RuntimeEvent(
            endpoint.Name,
            RuntimeEventKind.Resync,
            "",
            endpoint.Time.GetUtcNow(),
            ExitCode: null
        );
        using var ticks = new PeriodicTimer(endpoint.Options.RelistPeriod, endpoint.Time);
        while (await ticks.WaitForNextTickAsync(cancellationToken))
        {
            var found = await ListAsync(cancellationToken);
            foreach (var (id, kind) in RuntimeSnapshot.Compare(known, found))
            {
                yield return new RuntimeEvent(endpoint.Name, kind, id, endpoint.Time.GetUtcNow(), ExitCode: null);
            }

            known = found;
        }
    }

    private async Task<RuntimeSnapshot> ListAsync(CancellationToken cancellationToken)
    {
        // Containers first: a container is then never seen without the sandbox that was made before it.
        var containers = await endpoint.ListContainersAsync(new ListContainersRequest(), cancellationToken);
        var sandboxes = await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), cancellationToken);
        return RuntimeSnapshot.Of(sandboxes.Items, containers.Containers);
    }
}
