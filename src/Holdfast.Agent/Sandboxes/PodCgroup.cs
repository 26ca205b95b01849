using Holdfast.Agent.Containers;
using Holdfast.Kube;
using Holdfast.Linux;

namespace Holdfast.Agent.Sandboxes;

/// <summary>The cgroup that holds all containers of a pod, named as the kubelet names it. Naming is pure.</summary>
public static class PodCgroup
{
    private const string SliceSuffix = ".slice";

    /// <summary>Nothing is in it, so this is systemd's own time, on a busy machine.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    internal static string Parent(Pod pod, CgroupDriver driver) =>
        Parent(pod.Metadata.Uid, QosClass.Of(pod.Spec), driver);

    internal static string Parent(string podUid, string qosClass, CgroupDriver driver)
    {
        var qos = qosClass == QosClass.Guaranteed ? "" : qosClass.ToLowerInvariant();
        if (driver == CgroupDriver.Cgroupfs)
        {
            return qos.Length == 0 ? $"/kubepods/pod{podUid}" : $"/kubepods/{qos}/pod{podUid}";
        }

        // In a slice's name a dash is a level of the tree, so the dashes of the uid have to become something else.
        var pod = "pod" + podUid.Replace('-', '_');
        return qos.Length == 0 ? $"kubepods-{pod}.slice" : $"kubepods-{qos}-{pod}.slice";
    }

    /// <summary>Where the cgroup lies below a cgroup mount; for a slice every level of the tree is a directory.</summary>
    internal static string RelativePath(string parent)
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
    /// Removes what the pod left of its cgroups. Every hierarchy is tried: version 1 has one tree per controller.
    /// A cgroup that still has processes stays; the next collection tries again.
    /// </summary>
    internal static async Task RemoveAsync(string cgroupRoot, string parent, CancellationToken cancellationToken)
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

    /// <summary>Removes what is above the pods, when no pod is in it any more.</summary>
    public static async Task RemoveAllAsync(string cgroupRoot, CancellationToken cancellationToken)
    {
        foreach (var top in (string[])["kubepods", "kubepods" + SliceSuffix])
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
            return !Directory.Exists(cgroup)
                || Directory
                    .EnumerateFiles(cgroup, "cgroup.procs", SearchOption.AllDirectories)
                    .All(file => File.ReadAllText(file).Length == 0);
        }
        catch (IOException)
        {
            // Something below went away while it was looked at: the next time tells.
            return false;
        }
    }

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
