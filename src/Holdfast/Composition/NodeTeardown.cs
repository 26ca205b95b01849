using Holdfast.Agent.Sandboxes;
using Holdfast.Cri.V1;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Node;
using Holdfast.Node.Apply;
using Holdfast.Node.Software.Bundles;
using Holdfast.Terminal;
using Spectre.Console;

namespace Holdfast.Composition;

/// <summary>
/// The parts of <c>down</c> and <c>undo</c>. Each can be repeated after a crash. For one command at a time.
/// </summary>
internal sealed class NodeTeardown(NodePaths paths, Screen screen)
{
    private const string AgentService = "holdfast";

    /// <summary>They keep their pods' control groups at the same place, and would miss it.</summary>
    private static readonly string[] SharersOfCgroups = ["kubelet", "edgecore"];

    private readonly Machine machine = NodeContext.CreateMachine(paths, NodeContext.CreateLogs());

    public async Task<int> CountPodsAsync(CancellationToken cancellationToken)
    {
        await using var runtimes = await InstalledRuntimes.OpenAsync(paths, machine, cancellationToken);
        return runtimes is null ? 0 : (await runtimes.ListSandboxesAsync(cancellationToken)).Count;
    }

    /// <summary>
    /// The right to change this machine, which is asked for before the first pod is stopped; null where nothing was ever
    /// changed, and not even a journal shall be made.
    /// </summary>
    /// <exception cref="NodeException">Busy: another command is changing it.</exception>
    public async Task<ChangeJournal?> OpenJournalAsync(CancellationToken cancellationToken) =>
        Directory.Exists(paths.ChangesDirectory)
            ? await ChangeJournal.OpenAsync(paths, machine.Time, cancellationToken)
            : null;

    /// <summary>First of all: it would start again what is stopped.</summary>
    public async Task StopAgentAsync(CancellationToken cancellationToken)
    {
        var status = await machine.Services.StatusAsync(AgentService, cancellationToken);
        if (status.IsKnown && status.IsRunning)
        {
            await machine.Services.StopAsync(AgentService, stop: true, disable: false, cancellationToken);
            screen.Note($"[yellow]stopped [/] {AgentService}");
        }
    }

    /// <returns>How many there were.</returns>
    public async Task<int> RemovePodsAsync(CancellationToken cancellationToken)
    {
        await using var runtimes = await InstalledRuntimes.OpenAsync(paths, machine, cancellationToken);
        if (runtimes is null)
        {
            return 0;
        }

        var sandboxes = await runtimes.ListSandboxesAsync(cancellationToken);
        foreach (var own in sandboxes)
        {
            await OwnSandboxes.RemoveAsync(own, cancellationToken);
            RemoveLogs(own.Sandbox.Metadata);
            screen.Note(
                $"[yellow]removed [/] pod {own.PodName.EscapeMarkup()} [grey]({own.Endpoint.Name.EscapeMarkup()})[/]"
            );
        }

        return sandboxes.Count;
    }

    /// <param name="lastKept">Number of the last change that stays; 0 when none does.</param>
    public async Task<UndoResult> UndoAsync(ChangeJournal journal, int lastKept, CancellationToken cancellationToken)
    {
        using var view = new ChangesView(screen);
        return await new Undoer().UndoAfterAsync(lastKept, machine, journal, view, cancellationToken);
    }

    /// <summary>What is above the pods' own control groups: empty now, and in the way of nobody, but not there before.</summary>
    public async Task RemoveCgroupsAsync(CancellationToken cancellationToken)
    {
        var names = ProcessTable.ListIds().Select(ProcessTable.NameOf);
        if (!names.Any(name => SharersOfCgroups.Contains(name)))
        {
            await PodCgroup.RemoveAllAsync("/sys/fs/cgroup", cancellationToken);
        }
    }

    /// <summary>
    /// What the daemon itself wrote, which no journal knows: kubeconfig, sockets, pod directories and logs. Files that
    /// undo kept because somebody had edited them stay in any case.
    /// </summary>
    public void RemoveOwnFiles(bool purge)
    {
        if (File.Exists(paths.AdminKubeconfig))
        {
            File.Delete(paths.AdminKubeconfig);
        }

        // Secrets lie on a tmpfs: it goes first, or its directory is busy.
        foreach (var mount in MountTable.Read().Below(paths.PodsDirectory).Reverse().ToArray())
        {
            MountTable.Unmount(mount.Target, detach: true);
        }

        Remove(paths.RuntimeDirectory);
        Remove(paths.PodsDirectory);
        Remove(paths.DownloadsDirectory);
        Remove(paths.StagingDirectory);
        if (File.Exists(paths.BundleIndex))
        {
            File.Delete(paths.BundleIndex);
        }

        RemoveAllBut(paths.ChangesDirectory, ChangeJournal.KeptDirectory);
        if (purge)
        {
            RemoveAllBut(paths.StateDirectory, Path.GetFileName(paths.ChangesDirectory));
        }

        // Shared with others, and gone only when nothing of theirs is inside.
        RemoveIfEmpty(paths.PodLogsDirectory);
        RemoveIfEmpty(paths.ContainerLogsDirectory);
        RemoveIfEmpty(paths.ConfigDirectory);
    }

    private void RemoveLogs(PodSandboxMetadata pod)
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

    private static void Remove(string directory)
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
