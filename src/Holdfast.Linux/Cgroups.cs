namespace Holdfast.Linux;

/// <summary>How control groups are mounted.</summary>
public enum CgroupMode
{
    /// <summary>Only version 1: one tree per controller.</summary>
    V1,

    /// <summary>Only version 2: one tree, <c>/sys/fs/cgroup</c>.</summary>
    V2,

    /// <summary>Controllers in version 1, with a version 2 tree without controllers beside them.</summary>
    Hybrid,
}

/// <summary>Where control groups are mounted. Immutable, safe from any thread.</summary>
/// <param name="Controllers">Mount point by controller name; in version 2 every controller has the one tree.</param>
/// <param name="Unified">Mount point of the version 2 tree; null in pure version 1.</param>
public sealed record Cgroups(CgroupMode Mode, IReadOnlyDictionary<string, string> Controllers, string? Unified)
{
    /// <summary>Reads the mounts of this process.</summary>
    public static Cgroups Read(string root = "/")
    {
        var controllers = new Dictionary<string, string>();
        string? unified = null;
        foreach (var mount in MountTable.Read(root).Mounts)
        {
            if (mount.Type == "cgroup2")
            {
                unified ??= mount.Target;
            }
            else if (mount.Type == "cgroup")
            {
                foreach (var option in mount.SuperOptions.Where(Known.Contains))
                {
                    controllers.TryAdd(option, mount.Target);
                }
            }
        }

        if (controllers.Count > 0 || unified is null)
        {
            return new Cgroups(unified is null ? CgroupMode.V1 : CgroupMode.Hybrid, controllers, unified);
        }

        var available = Path.Join(root, unified, "cgroup.controllers");
        var names = File.Exists(available) ? File.ReadAllText(available).Split((char[]?)null) : [];
        foreach (var name in names.Where(name => name.Length > 0))
        {
            controllers[name] = unified;
        }

        return new Cgroups(CgroupMode.V2, controllers, unified);
    }

    private static readonly HashSet<string> Known =
    [
        "cpu",
        "cpuacct",
        "cpuset",
        "memory",
        "devices",
        "freezer",
        "blkio",
        "pids",
        "net_cls",
        "net_prio",
        "perf_event",
        "hugetlb",
        "rdma",
        "misc",
    ];
}
