using System.Globalization;
using Holdfast.Agent.Runtimes;
using Holdfast.Cri;

namespace Holdfast.Agent.Pods;

/// <summary>Keeping logs small. Looked at only when the runtime is listed anyway.</summary>
internal sealed partial class PodWorker
{
    // The kubelet's containerLogMaxSize and containerLogMaxFiles, the file being written included.
    private const long MaxLogBytes = 10 << 20;
    private const int MaxLogFiles = 5;

    private async Task RotateLogsAsync(RuntimeState runtime, CancellationToken ct)
    {
        if (Identity is null)
        {
            return;
        }

        foreach (var container in containers.Where(c => c is { Phase: ContainerPhase.Running, Id: not null }))
        {
            var log = new FileInfo(Paths.ContainerLog(container.Name, container.Attempt));
            if (log is { Exists: true, Length: > MaxLogBytes })
            {
                await RotateLogAsync(container, log.FullName, runtime, ct);
            }
        }
    }

    private async Task RotateLogAsync(ContainerRecord container, string log, RuntimeState runtime, CancellationToken ct)
    {
        var rotated = $"{log}.{Now.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}";
        File.Move(log, rotated, overwrite: true);
        try
        {
            // From here on the runtime writes to a new file; it holds the old one open until then, so nothing is lost.
            await runtime.Endpoint.ReopenContainerLogAsync(
                new V1.ReopenContainerLogRequest { ContainerId = container.Id },
                ct
            );
        }
        catch (CriException e)
        {
            File.Move(rotated, log, overwrite: false);
            tools.Logger.NotRemoved($"the old part of {log}", e);
            return;
        }

        var pieces = Directory.EnumerateFiles(Path.GetDirectoryName(log)!, Path.GetFileName(log) + ".*");
        foreach (var old in pieces.OrderDescending(StringComparer.Ordinal).Skip(MaxLogFiles - 1).ToArray())
        {
            File.Delete(old);
        }
    }
}
