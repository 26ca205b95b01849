using System.Diagnostics;
using Holdfast.Linux;

namespace Holdfast.Testing;

/// <summary>A server that a test started; its output goes to a file. Killed when the object is disposed of.</summary>
public sealed class DaemonProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process process;
    private readonly string logPath;

    private DaemonProcess(Process process, string logPath)
    {
        this.process = process;
        this.logPath = logPath;
        Identity = ProcessTable.Identify(process.Id);
    }

    public int Id => process.Id;

    public bool IsRunning => !process.HasExited;

    private ProcessIdentity? Identity { get; }

    /// <summary>Starts the server; its output is appended to the file.</summary>
    public static DaemonProcess Start(string logPath, string file, params IEnumerable<string> arguments)
    {
        // The shell only opens the log: with exec it becomes the server, under the same process id.
        var info = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", logPath])
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        info.ArgumentList.Add(file);
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        var started = Process.Start(info)!;
        started.StandardInput.Close();
        return new DaemonProcess(started, logPath);
    }

    /// <summary>The end of what the server said, for the message of a failed test.</summary>
    public string LogTail()
    {
        const int Lines = 40;
        return File.Exists(logPath) ? string.Join('\n', File.ReadLines(logPath).TakeLast(Lines)) : "";
    }

    /// <summary>SIGKILL: the server learns nothing of it.</summary>
    public async Task KillAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and SIGKILL when that does not help.</summary>
    public async Task StopAsync()
    {
        if (Identity is not null && !process.HasExited)
        {
            ProcessTable.Signal(Identity, ProcessTable.SigTerm);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                // KillAsync below does what SIGTERM did not.
            }
        }

        await KillAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process.Dispose();
    }
}
