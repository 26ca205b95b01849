namespace Holdfast.Linux;

/// <summary>How control groups are mounted.</summary>
public enum CgroupMode
{
    /// <summary>Only version 1: one tree per controller.</summary>
    V1,

    /// <summary>Only version 2: one tree, <c>/sys/fs/cgroup</c>.</summary>
    V2,

    /// <summary>Controllers in version 1, with a version 2 tree beside them.</summary>
    Hybrid,
}

/// <summary>How control groups are mounted at <c>/sys/fs/cgroup</c>, where systemd and every runtime look. Safe from any thread.</summary>
/// <param name="Controllers">Names of those that can be used, for example <c>memory</c>.</param>
public sealed record Cgroups(CgroupMode Mode, IReadOnlySet<string> Controllers)
{
    /// <summary>Every directory of a version 2 tree has this file, and no other directory has it.</summary>
    private const string ControllersFile = "cgroup.controllers";

    /// <summary>
    /// Looks at the usual place only. What else is mounted somewhere (net_cls of a VPN's split tunnelling) is no business of
    /// systemd and runtimes, which judge by the file system of that directory too.
    /// </summary>
    /// <param name="root">Below which <c>sys/fs/cgroup</c> is looked for.</param>
    public static Cgroups Read(string root = "/")
    {
        var top = Path.Join(root, "sys/fs/cgroup");
        if (ReadControllers(top) is { } controllers)
        {
            return new Cgroups(CgroupMode.V2, controllers);
        }

        var unified = ReadControllers(Path.Join(top, "unified"));
        return new Cgroups(
            unified is null ? CgroupMode.V1 : CgroupMode.Hybrid,
            ListVersion1(top).Concat(unified ?? []).ToHashSet()
        );
    }

    private static HashSet<string>? ReadControllers(string directory)
    {
        var file = Path.Join(directory, ControllersFile);
        return File.Exists(file)
            ? [.. File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)]
            : null;
    }

    /// <summary>A directory per hierarchy, named after its controllers: <c>memory</c>, <c>cpu,cpuacct</c>.</summary>
    private static IEnumerable<string> ListVersion1(string top) =>
        Directory.Exists(top)
            ? Directory
                .EnumerateDirectories(top)
                .Where(directory => File.Exists(Path.Join(directory, "cgroup.procs")))
                .SelectMany(directory => Path.GetFileName(directory).Split(','))
            : [];
}
