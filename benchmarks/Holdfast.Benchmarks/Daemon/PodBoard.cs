using System.Collections.Concurrent;
using System.Diagnostics;
using Holdfast.Kube;

namespace Holdfast.Benchmarks.Daemon;

/// <summary>
/// Follows the pods through one watch and notes the moment when each phase was first seen there, as a client would see it.
/// Thread-safe.
/// </summary>
internal sealed class PodBoard : IAsyncDisposable
{
    /// <summary>Not a phase, but a moment: the pod has a node.</summary>
    public const string Bound = "Bound";

    // No pod of these benchmarks needs longer on any machine; a hang is reported and not waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<(string Name, string Phase), TaskCompletionSource<long>> _seen = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _watching;

    private PodBoard(HubClient hub, string after) => _watching = WatchAsync(hub, after);

    public static async Task<PodBoard> OpenAsync(HubClient hub, CancellationToken ct) =>
        new(hub, await hub.ResourceVersionAsync(ct));

    /// <summary>The timestamp when a pod was seen in a phase; "Deleted" counts as one.</summary>
    public async Task<long> WhenAsync(string name, string phase, CancellationToken ct)
    {
        var seen = Seen(name, phase).Task;
        var first = await Task.WhenAny(seen, _watching, Task.Delay(Patience, ct));
        ct.ThrowIfCancellationRequested();
        if (first == seen)
            return await seen;
        if (first == _watching)
            await _watching;
        throw new TimeoutException($"the watch never showed pod {name} as {phase}");
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _watching.ContinueWith(_ => { }, TaskScheduler.Default);
        _ending.Dispose();
    }

    private TaskCompletionSource<long> Seen(string name, string phase) =>
        _seen.GetOrAdd((name, phase), _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task WatchAsync(HubClient hub, string after)
    {
        await foreach (var (type, pod) in hub.WatchPodsAsync(after, _ending.Token))
        {
            if (!string.IsNullOrEmpty(pod.Spec.NodeName))
                Seen(pod.Metadata.Name, Bound).TrySetResult(Stopwatch.GetTimestamp());
            var phase = type == "DELETED" ? "Deleted" : pod.Status.Phase;
            if (phase is not null && (phase != PodPhase.Running || IsRunning(pod)))
                Seen(pod.Metadata.Name, phase).TrySetResult(Stopwatch.GetTimestamp());
        }
    }

    private static bool IsRunning(Pod pod) => pod.Status.ContainerStatuses is [{ State.Running: not null }];
}
