using System.Globalization;

namespace Holdfast.Linux;

/// <summary>
/// The directories of control groups below every mounted hierarchy: where a group lies, what runs in it, and its removal.
/// Safe from any thread.
/// </summary>
public static class CgroupTree
{
    private const string SliceSuffix = ".slice";

    /// <summary>Nothing is in it, so this is systemd's own time, on a busy machine.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    /// <summary>What every agent puts its pods below, by cgroupfs or by systemd.</summary>
    private static readonly string[] PodTrees = ["kubepods", "kubepods" + SliceSuffix];

    /// <summary>Where the cgroup lies below a cgroup mount; for a slice every level of the tree is a directory.</summary>
    public static string RelativePath(string parent)
    {
        if (!parent.EndsWith(SliceSuffix, StringComparison.Ordinal))
        {
            return parent.TrimStart('/');
        }

        var levels = parent[..^SliceSuffix.Length].Split('-');
        return string.Join(
            '/',
            Enumerable.Range(1, levels.Length).Select(n => string.Join('-', levels[..n]) + SliceSuffix)
        );
    }

    /// <summary>
    /// Removes what a group left of its cgroups. Every hierarchy is tried: version 1 has one tree per controller.
    /// A cgroup that still has processes stays; the next collection tries again.
    /// </summary>
    public static async Task RemoveAsync(string cgroupRoot, string parent, CancellationToken cancellationToken)
    {
        var relative = RelativePath(parent);
        var trees = Hierarchies(cgroupRoot)
            .Select(mount => Path.Join(mount, relative))
            .Where(Directory.Exists)
            .ToArray();
        if (trees.Length == 0)
        {
            return;
        }

        if (parent.EndsWith(SliceSuffix, StringComparison.Ordinal) && trees.All(IsEmpty))
        {
            // To systemd a slice is a unit, which stays when its directory is gone: one more for every pod that ever was.
            await StopSliceAsync(parent, cancellationToken);
        }

        foreach (var tree in trees)
        {
            RemoveTree(tree);
        }
    }

    /// <summary>The processes of pods, by the numbers that this process sees; only the version 1 or 2 trees of pods.</summary>
    public static IReadOnlyList<int> ListPodProcesses(string cgroupRoot) =>
        [
            .. PodTrees
                .SelectMany(top => Hierarchies(cgroupRoot).Select(mount => Path.Join(mount, top)))
                .SelectMany(ListProcesses)
                .Distinct()
                .Order(),
        ];

    /// <summary>Removes what is above the pods, when no pod is in it any more.</summary>
    public static async Task RemovePodTreesAsync(string cgroupRoot, CancellationToken cancellationToken)
    {
        foreach (var top in PodTrees)
        {
            if (Hierarchies(cgroupRoot).Select(mount => Path.Join(mount, top)).All(IsEmpty))
            {
                await RemoveAsync(cgroupRoot, top, cancellationToken);
            }
        }
    }

    private static async Task StopSliceAsync(string slice, CancellationToken cancellationToken)
    {
        try
        {
            await ChildProcess.RunAsync(new ChildCommand("systemctl", "stop", slice), StopLimit, cancellationToken);
        }
        catch (LinuxException)
        {
            // No systemctl, or it hangs: an empty unit that stays until the next boot harms nobody.
        }
    }

    /// <summary>Whether no process is in it or below; also when it is not there.</summary>
    private static bool IsEmpty(string cgroup)
    {
        try
        {
            return ReadProcessFiles(cgroup).All(text => text.Length == 0);
        }
        catch (IOException)
        {
            // Something below went away while it was looked at: the next time tells.
            return false;
        }
    }

    /// <summary>A process of another process namespace reads as 0 and is left out.</summary>
    private static IEnumerable<int> ListProcesses(string cgroup)
    {
        try
        {
            return
            [
                .. ReadProcessFiles(cgroup)
                    .SelectMany(text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    .Select(line => int.Parse(line, CultureInfo.InvariantCulture))
                    .Where(id => id > 0),
            ];
        }
        catch (IOException)
        {
            // A control group that ends while it is read has no processes.
            return [];
        }
    }

    private static IEnumerable<string> ReadProcessFiles(string cgroup) =>
        Directory.Exists(cgroup)
            ? Directory.EnumerateFiles(cgroup, "cgroup.procs", SearchOption.AllDirectories).Select(File.ReadAllText)
            : [];

    private static IEnumerable<string> Hierarchies(string cgroupRoot)
    {
        if (File.Exists(Path.Join(cgroupRoot, "cgroup.controllers")))
        {
            return [cgroupRoot];
        }

        return Directory.Exists(cgroupRoot) ? Directory.EnumerateDirectories(cgroupRoot) : [];
    }

    /// <summary>The files in a cgroup cannot be deleted: only rmdir, from the leaves up.</summary>
    private static void RemoveTree(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        try
        {
            foreach (var child in Directory.EnumerateDirectories(directory))
            {
                RemoveTree(child);
            }

            Directory.Delete(directory, recursive: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Busy: a process is still in it, or another remover was faster.
        }
    }
}
