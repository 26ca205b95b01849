using Holdfast.Agent.Containers;
using Holdfast.Agent.Pods;
using Holdfast.Agent.Sandboxes;
using Holdfast.Agent.Volumes;
using Holdfast.Kube;
using Holdfast.Linux;
using Microsoft.Extensions.Logging;

namespace Holdfast.Agent.GarbageCollection;

/// <summary>
/// Removes what a pod leaves on the node when it is gone: logs, cgroups, mounts, volumes. The pod's own directory goes
/// last: as long as it is there the rest is known to be ours, so a crash in between loses nothing. Thread-safe per pod.
/// </summary>
internal sealed class PodCleaner(AgentOptions options, VolumeMounter volumes, ILogger logger)
{
    private static readonly string[] QosClasses = [QosClass.Guaranteed, QosClass.Burstable, QosClass.BestEffort];

    /// <returns>False when something could not be removed; calling again continues.</returns>
    public async Task<bool> RemoveAsync(string podUid, CancellationToken cancellationToken)
    {
        var directory = Path.Join(options.Paths.PodsDirectory, podUid);
        try
        {
            RemoveLogs(podUid);
            foreach (var qosClass in QosClasses)
            {
                var parent = PodCgroup.Parent(podUid, qosClass, options.CgroupDriver);
                await CgroupTree.RemoveAsync(options.CgroupRoot, parent, cancellationToken);
            }

            if (!Directory.Exists(directory))
            {
                return true;
            }

            foreach (var mount in MountTable.Read().Below(directory))
            {
                MountTable.Unmount(mount.Target, detach: true);
            }

            volumes.Forget(directory);
            Directory.Delete(directory, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            logger.NotRemoved(directory, e);
            return false;
        }
    }

    /// <summary>Pods that have a directory on this node.</summary>
    public IEnumerable<string> KnownUids() =>
        Directory.Exists(options.Paths.PodsDirectory)
            ? Directory.EnumerateDirectories(options.Paths.PodsDirectory).Select(d => Path.GetFileName(d)!)
            : [];

    /// <summary>Removes the log of one ended attempt, which no longer has a container.</summary>
    public void RemoveContainerLog(PodIdentity pod, string container, uint attempt, string containerId)
    {
        var log = Path.Join(
            options.Paths.PodLogsDirectory,
            PodLogPath.Container(pod.Namespace, pod.Name, pod.Uid, container),
            PodLogPath.File((int)attempt)
        );
        File.Delete(LinkPath(pod, container, containerId));
        if (!Directory.Exists(Path.GetDirectoryName(log)))
        {
            return;
        }

        // With it go the pieces that were rotated off.
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(log)!, Path.GetFileName(log) + "*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>The link by which log shippers find a container's log.</summary>
    public void LinkContainerLog(PodIdentity pod, string container, uint attempt, string containerId)
    {
        Directory.CreateDirectory(options.Paths.ContainerLogsDirectory);
        var link = LinkPath(pod, container, containerId);
        File.Delete(link);
        File.CreateSymbolicLink(
            link,
            Path.Join(
                options.Paths.PodLogsDirectory,
                PodLogPath.Container(pod.Namespace, pod.Name, pod.Uid, container),
                PodLogPath.File((int)attempt)
            )
        );
    }

    private string LinkPath(PodIdentity pod, string container, string containerId) =>
        Path.Join(
            options.Paths.ContainerLogsDirectory,
            PodLogPath.LegacyLink(pod.Name, pod.Namespace, container, containerId)
        );

    private void RemoveLogs(string podUid)
    {
        if (!Directory.Exists(options.Paths.PodLogsDirectory))
        {
            return;
        }

        foreach (var logs in Directory.EnumerateDirectories(options.Paths.PodLogsDirectory, "*_" + podUid))
        {
            RemoveLinksInto(logs);
            Directory.Delete(logs, recursive: true);
        }
    }

    private void RemoveLinksInto(string logs)
    {
        if (
            PodLogPath.ParseDirectory(Path.GetFileName(logs)) is not { } pod
            || !Directory.Exists(options.Paths.ContainerLogsDirectory)
        )
        {
            return;
        }

        var pattern = $"{pod.Name}_{pod.Namespace}_*";
        foreach (var link in Directory.EnumerateFiles(options.Paths.ContainerLogsDirectory, pattern))
        {
            if (new FileInfo(link).LinkTarget?.StartsWith(logs + "/", StringComparison.Ordinal) == true)
            {
                File.Delete(link);
            }
        }
    }
}
