using System.Diagnostics;
using Holdfast.Kube;

namespace Holdfast.Benchmarks.Daemon;

/// <summary>Pods that are started together through the daemon. Their names begin with the given one.</summary>
internal sealed class ManyPods(BenchNode node, string name, int count)
{
    private readonly IReadOnlyList<string> _names = [.. Enumerable.Range(1, count).Select(i => $"{name}-{i}")];

    /// <returns>The time from the first POST until a watch has shown the last of them Running.</returns>
    public async Task<TimeSpan> StartAsync(CancellationToken ct)
    {
        await using var board = await PodBoard.OpenAsync(node.Hub, ct);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(_names.Select(name => node.Hub.CreatePodAsync(name, ct)));
        var running = await Task.WhenAll(_names.Select(name => board.WhenAsync(name, PodPhase.Running, ct)));
        return Stopwatch.GetElapsedTime(started, running.Max());
    }

    /// <summary>Returns when their sandboxes are gone too.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        await using var board = await PodBoard.OpenAsync(node.Hub, ct);
        await Task.WhenAll(_names.Select(name => node.Hub.DeletePodAsync(name, ct)));
        await Task.WhenAll(_names.Select(name => board.WhenAsync(name, "Deleted", ct)));
        await node.WhenSandboxesAsync(0, ct);
    }
}
