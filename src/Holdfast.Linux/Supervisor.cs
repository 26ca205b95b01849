using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Holdfast.Linux;

/// <summary>
/// The process that keeps one service running where PID 1 is not an init that would (the way of runit's runsv). It starts
/// the program again with growing pauses when it ends, bounds its log, and on SIGTERM stops first the program and then
/// itself. When it is killed the program runs on, and the next supervisor of the service adopts it. One per process.
/// </summary>
public sealed class Supervisor
{
    /// <summary>The pause before the first restart, doubled by every further one: systemd's RestartSec of 100 ms.</summary>
    public static readonly TimeSpan MinRestartPause = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest pause: a service that needs a minute to come back is felt on a node.</summary>
    public static readonly TimeSpan MaxRestartPause = TimeSpan.FromSeconds(30);

    /// <summary>A program that ran this long is healthy: its next restart begins with the shortest pause again.</summary>
    public static readonly TimeSpan HealthyAfter = TimeSpan.FromSeconds(10);

    /// <summary>How long the program may take to end after SIGTERM, as containerd needs to close its database.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(20);

    /// <summary>How late a stop may be noticed; two wake-ups a second cost nothing that can be measured.</summary>
    private const int StopSliceMilliseconds = 500;

    /// <summary>The size of the log is looked at every two seconds.</summary>
    private const int SlicesPerLogCheck = 4;

    private readonly SupervisedService service;
    private readonly TimeProvider time;
    private int starts;

    public Supervisor(string servicesDirectory, string name, TimeProvider time)
    {
        service = new SupervisedService(servicesDirectory, name, time);
        this.time = time;
    }

    /// <summary>Runs until SIGTERM or cancellation.</summary>
    /// <returns>The exit code of the process.</returns>
    /// <exception cref="LinuxException">No definition, or another supervisor runs already.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var single = FileLock.TryTake(service.LockPath, out var holder);
        if (single is null)
        {
            throw new LinuxException(
                LinuxReason.Busy,
                $"cannot supervise {service.Name}: process {holder} does it already"
            );
        }

        // Read with the lock: until then the service may be stopped and forgotten.
        if (service.ReadDefinition() is not { } definition)
        {
            service.RemoveAll();
            throw new LinuxException(
                LinuxReason.NotFound,
                $"cannot supervise {service.Name}: it was never started here; run: holdfast up"
            );
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);

        try
        {
            await KeepRunningAsync(definition, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await StopServiceAsync();
            service.RemoveState();
        }

        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }

    private async Task KeepRunningAsync(SupervisedDefinition definition, CancellationToken cancellationToken)
    {
        var pause = MinRestartPause;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var startedAt = time.GetTimestamp();
            var child = await StartOrAdoptAsync(definition);
            if (child is not null)
            {
                await WaitForEndAsync(child, definition, cancellationToken);
                var exitCode = DetachedProcess.Reap(child);
                Say($"{definition.Name} ended with {exitCode?.ToString() ?? "unknown exit code"}");
                await service.WriteStateAsync(new SupervisedState(null, starts), CancellationToken.None);
            }

            pause = time.GetElapsedTime(startedAt) > HealthyAfter ? MinRestartPause : pause;
            await Task.Delay(pause, time, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, MaxRestartPause.Ticks));
        }
    }

    private async Task<ProcessIdentity?> StartOrAdoptAsync(SupervisedDefinition definition)
    {
        if (service.ReadService() is { } adopted)
        {
            Say($"{definition.Name} runs already as process {adopted.ProcessId}");
            starts++;
            await service.WriteStateAsync(new SupervisedState(adopted, starts), CancellationToken.None);
            return adopted;
        }

        starts++;
        ProcessIdentity? child = null;
        try
        {
            child = DetachedProcess.Start(definition.Arguments, definition.Environment, definition.LogPath);
        }
        catch (LinuxException failure)
        {
            Say(failure.Message);
        }

        // Not cancelled: a program that was started and is not known would never be stopped.
        await service.WriteStateAsync(new SupervisedState(child, starts), CancellationToken.None);
        return child;
    }

    private async Task WaitForEndAsync(
        ProcessIdentity child,
        SupervisedDefinition definition,
        CancellationToken cancellationToken
    )
    {
        using var pidfd = ProcessTable.OpenPidfd(child);
        if (pidfd is null)
        {
            return;
        }

        await Task.Factory.StartNew(
            () => Watch(pidfd, definition, cancellationToken),
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    /// <summary>Blocks a thread of its own, in slices short enough to notice that the supervisor is to stop.</summary>
    private static void Watch(
        SafeFileHandle pidfd,
        SupervisedDefinition definition,
        CancellationToken cancellationToken
    )
    {
        for (var slices = 1; !Poll(pidfd, StopSliceMilliseconds); slices++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (slices % SlicesPerLogCheck == 0)
            {
                BoundLog(definition);
            }
        }
    }

    private static unsafe bool Poll(SafeFileHandle pidfd, int milliseconds)
    {
        const short readable = 1;
        var entry = new Libc.PollEntry { Descriptor = (int)pidfd.DangerousGetHandle(), Events = readable };
        return Libc.Poll(&entry, 1, milliseconds) > 0;
    }

    private async Task StopServiceAsync()
    {
        if (service.ReadService() is not { } child || !ProcessTable.Signal(child, ProcessTable.SigTerm))
        {
            return;
        }

        if (!await ProcessTable.WaitForExitAsync(child, StopGrace, time, CancellationToken.None))
        {
            Say($"{service.Name} did not end within {StopGrace.TotalSeconds} s and is killed");
            ProcessTable.Signal(child, ProcessTable.SigKill);
            await ProcessTable.WaitForExitAsync(child, TimeSpan.FromSeconds(5), time, CancellationToken.None);
        }

        DetachedProcess.Reap(child);
    }

    /// <summary>The program appends to the file it once opened, so the file is copied and emptied, never renamed.</summary>
    private static void BoundLog(SupervisedDefinition definition)
    {
        if (new FileInfo(definition.LogPath) is { Exists: true } log && log.Length > definition.MaxLogBytes)
        {
            File.Copy(definition.LogPath, definition.LogPath + ".1", overwrite: true);
            using var file = File.OpenHandle(definition.LogPath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            RandomAccess.SetLength(file, 0);
        }
    }

    /// <summary>Standard output of a supervisor is the service's own log.</summary>
    private void Say(string message) => Console.Out.WriteLine($"{time.GetUtcNow():O} holdfast supervise: {message}");
}
