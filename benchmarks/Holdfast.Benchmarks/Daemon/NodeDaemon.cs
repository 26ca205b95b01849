using System.Diagnostics;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.Benchmarks.Daemon;

/// <summary>The published program as the node's daemon, a process of its own that can be killed and started again. Not thread-safe.</summary>
internal sealed class NodeDaemon(string program, NodePaths paths, string document, string log) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private DaemonProcess? _process;

    public int Pid => _process?.Id ?? throw new InvalidOperationException("the daemon does not run");

    public void Start() => _process = DaemonProcess.Start(log, program, "agent", "--root", paths.Root, "-f", document);

    /// <summary>Waits until the API answers and the node is Ready.</summary>
    public async Task WhenReadyAsync(HubClient hub, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (await hub.IsNodeReadyAsync(ct))
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            if (_process is not { IsRunning: true })
                throw new InvalidOperationException($"the daemon ended by itself:\n{_process?.LogTail()}");
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new TimeoutException(
                    $"the node did not become Ready within {Patience.TotalSeconds:0} s:\n{_process.LogTail()}"
                );
            await Task.Delay(5, ct);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (_process is not null)
            await _process.KillAsync();
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;
}
