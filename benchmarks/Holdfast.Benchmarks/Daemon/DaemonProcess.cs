using System.Diagnostics;
using Holdfast.Linux;

namespace Holdfast.Benchmarks.Daemon;

/// <summary>The published program as the node's daemon, a process of its own. Not thread-safe.</summary>
internal sealed class DaemonProcess(string program, NodePaths paths, string document, string log) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private Process? _process;

    public int Pid => _process?.Id ?? throw new InvalidOperationException("the daemon does not run");

    public void Start()
    {
        // A shell sends the output to a file and becomes the program: no pipe that somebody must read.
        var info = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (
            var argument in new[] { "-c", "exec \"$0\" \"$@\" >>\"$HOLDFAST_BENCH_LOG\" 2>&1 </dev/null", program }
        )
            info.ArgumentList.Add(argument);
        foreach (var argument in new[] { "agent", "--root", paths.Root, "-f", document })
            info.ArgumentList.Add(argument);
        info.Environment["HOLDFAST_BENCH_LOG"] = log;
        _process = Process.Start(info)!;
    }

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
            if (_process is not { HasExited: false })
                throw new InvalidOperationException($"the daemon ended by itself:\n{Tail()}");
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new TimeoutException(
                    $"the node did not become Ready within {Patience.TotalSeconds:0} s:\n{Tail()}"
                );
            await Task.Delay(5, ct);
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync(CancellationToken ct)
    {
        _process!.Kill();
        await _process.WaitForExitAsync(ct);
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process?.Dispose();
    }

    private string Tail() => File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(20)) : "(no log)";
}
