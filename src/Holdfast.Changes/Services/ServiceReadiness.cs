using System.Net.Sockets;

namespace Holdfast.Changes.Services;

/// <summary>Waits until a service that was started is of use: that its process runs proves little.</summary>
public static class ServiceReadiness
{
    /// <summary>
    /// How long it may take: containerd with a large image store on a slow card, or anything on an emulated processor that
    /// has other work too. A service that ended is noticed at once.
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan FirstPollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Each look runs systemctl, which on a slow machine takes the processor from what it waits for.</summary>
    private static readonly TimeSpan LongestPollInterval = TimeSpan.FromSeconds(1);

    /// <summary>Whether a service answers on its unix socket.</summary>
    public static Guard ForSocket(string service, string path) =>
        new(
            $"{service} answers",
            async (machine, token) =>
                await WaitAsync(machine, service, token => FindFaultAsync(machine.At(path), token), token) is { } fault
                    ? $"cannot use {service}: {fault}{await ReadLogAsync(machine, service, token)}"
                    : null
        );

    /// <param name="findFault">
    /// What the service does not do, or null; and whether that may pass by itself. Asked again while it may and the service runs.
    /// </param>
    /// <returns>The last fault; null when the service is ready.</returns>
    public static async Task<string?> WaitAsync(
        Machine machine,
        string service,
        Func<CancellationToken, Task<(string? Fault, bool MayPass)>> findFault,
        CancellationToken cancellationToken
    )
    {
        var start = machine.Time.GetTimestamp();
        var pollInterval = FirstPollInterval;
        int? process = null;
        while (true)
        {
            var (fault, mayPass) = await findFault(cancellationToken);
            if (fault is null || !mayPass || machine.Time.GetElapsedTime(start) > Limit)
            {
                return fault;
            }

            var status = await machine.Services.StatusAsync(service, cancellationToken);
            process ??= status.ProcessId;
            if (!status.IsRunning || status.ProcessId != process)
            {
                return $"{fault}, and its process ended";
            }

            await Task.Delay(pollInterval, machine.Time, cancellationToken);
            pollInterval = TimeSpan.FromTicks(Math.Min(pollInterval.Ticks * 3 / 2, LongestPollInterval.Ticks));
        }
    }

    /// <summary>The last lines of a service's log, as the end of a message; empty when there are none.</summary>
    internal static async Task<string> ReadLogAsync(
        Machine machine,
        string service,
        CancellationToken cancellationToken
    )
    {
        var lines = await machine.Services.ReadLastLinesAsync(service, 5, cancellationToken);
        return lines.Count == 0 ? "" : $"; last log lines: {string.Join(" | ", lines)}";
    }

    private static async Task<(string?, bool)> FindFaultAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return (null, false);
        }
        catch (SocketException cause)
        {
            return ($"{path} does not answer ({cause.Message})", true);
        }
    }
}
