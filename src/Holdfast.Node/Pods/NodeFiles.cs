using Holdfast.Cri.V1;
using Holdfast.Kube;
using Holdfast.Linux;

namespace Holdfast.Node.Pods;

/// <summary>
/// What the daemon and the verbs write and no journal knows: kubeconfig, sockets, pod directories, logs, objects. Each
/// removal can be repeated after a crash.
/// </summary>
public static class NodeFiles
{
    /// <summary>
    /// All of them, the lock of the journal included, so its holder calls this last. Files that undo kept because somebody
    /// had edited them stay.
    /// </summary>
    /// <param name="purge">Also objects and keys.</param>
    public static void Remove(NodePaths paths, bool purge)
    {
        RemoveFile(paths.AdminKubeconfig);

        // Secrets lie on a tmpfs: it goes first, or its directory is busy.
        foreach (var mount in MountTable.Read().Below(paths.PodsDirectory).Reverse().ToArray())
        {
            MountTable.Unmount(mount.Target, detach: true);
        }

        RemoveTree(paths.RuntimeDirectory);
        RemoveTree(paths.PodsDirectory);
        RemoveTree(paths.DownloadsDirectory);
        RemoveTree(paths.StagingDirectory);
        RemoveTree(paths.DocumentsDirectory);
        RemoveFile(paths.BundleIndex);
        RemoveAllBut(paths.ChangesDirectory, ChangeJournal.KeptDirectory);
        if (purge)
        {
            RemoveAllBut(paths.StateDirectory, Path.GetFileName(paths.ChangesDirectory));
        }

        RemoveIfEmpty(paths.StateDirectory);

        // Shared with others, and gone only when nothing of theirs is inside.
        RemoveIfEmpty(paths.PodLogsDirectory);
        RemoveIfEmpty(paths.ContainerLogsDirectory);
        RemoveIfEmpty(paths.ConfigDirectory);
    }

    /// <summary>The logs of a pod that is no more.</summary>
    public static void RemoveLogs(NodePaths paths, PodSandboxMetadata pod)
    {
        var directory = Path.Join(paths.PodLogsDirectory, PodLogPath.Directory(pod.Namespace, pod.Name, pod.Uid));
        if (!Directory.Exists(directory))
        {
            return;
        }

        Directory.Delete(directory, recursive: true);
        if (Directory.Exists(paths.ContainerLogsDirectory))
        {
            foreach (var link in Directory.EnumerateFiles(paths.ContainerLogsDirectory))
            {
                if (new FileInfo(link).LinkTarget?.StartsWith(directory + "/", StringComparison.Ordinal) == true)
                {
                    File.Delete(link);
                }
            }
        }
    }

    private static void RemoveFile(string file)
    {
        if (File.Exists(file))
        {
            File.Delete(file);
        }
    }

    private static void RemoveTree(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void RemoveAllBut(string directory, string name)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        foreach (
            var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos().Where(entry => entry.Name != name)
        )
        {
            if (entry is DirectoryInfo { LinkTarget: null } inner)
            {
                inner.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }

        RemoveIfEmpty(directory);
    }

    private static void RemoveIfEmpty(string directory)
    {
        if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
        {
            Directory.Delete(directory);
        }
    }
}
