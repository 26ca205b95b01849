namespace Holdfast.Node.Joining;

/// <summary>The control groups in which kubelet and edgecore put pods.</summary>
internal static class PodCgroups
{
    private const string Root = "/sys/fs/cgroup";

    /// <summary>By cgroupfs and by systemd.</summary>
    private static readonly string[] Names = ["kubepods", "kubepods.slice"];

    /// <summary>Removes those in which nothing runs any more; the tools' resets leave them.</summary>
    /// <returns>Those that stay, for people.</returns>
    public static IEnumerable<string> RemoveEmpty(Machine machine)
    {
        var root = machine.At(Root);
        if (!Directory.Exists(root))
        {
            return [];
        }
        // Version 1 has one hierarchy for each controller.
        var groups = Directory
            .EnumerateDirectories(root)
            .Prepend(root)
            .SelectMany(hierarchy => Names.Select(name => Path.Join(hierarchy, name)))
            .Where(Directory.Exists)
            .ToArray();
        return
        [
            .. groups.Where(group => !TryRemove(group)).Select(group => $"processes still run in {group}, which stays"),
        ];
    }

    private static bool TryRemove(string group)
    {
        var isEmpty = true;
        foreach (var child in Directory.GetDirectories(group))
        {
            isEmpty &= TryRemove(child);
        }
        try
        {
            if (isEmpty)
            {
                Directory.Delete(group);
            }
            return isEmpty;
        }
        catch (IOException)
        {
            // The kernel refuses to remove a group with processes in it.
            return false;
        }
    }
}
