using Holdfast.Agent.Containers;
using Holdfast.Kube;

namespace Holdfast.Agent.Sandboxes;

/// <summary>The cgroup that holds all containers of a pod, named as the kubelet names it. Naming is pure.</summary>
internal static class PodCgroup
{
    public static string Parent(Pod pod, CgroupDriver driver) =>
        Parent(pod.Metadata.Uid, QosClass.Of(pod.Spec), driver);

    public static string Parent(string podUid, string qosClass, CgroupDriver driver)
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
    public static string RelativePath(string parent)
    {
        if (!parent.EndsWith(".slice", StringComparison.Ordinal))
        {
            return parent.TrimStart('/');
        }

        var levels = parent[..^".slice".Length].Split('-');
        return string.Join(
            '/',
            Enumerable.Range(1, levels.Length).Select(n => string.Join('-', levels[..n]) + ".slice")
        );
    }

    /// <summary>
    /// Removes what the pod left of its cgroups. Every hierarchy is tried: version 1 has one tree per controller.
    /// A cgroup that still has processes stays; the next collection tries again.
    /// </summary>
    public static void Remove(string cgroupRoot, string parent)
    {
        var relative = RelativePath(parent);
        foreach (var mount in Hierarchies(cgroupRoot))
        {
            RemoveTree(Path.Join(mount, relative));
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
