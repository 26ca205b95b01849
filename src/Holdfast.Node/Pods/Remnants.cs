namespace Holdfast.Node.Pods;

/// <summary>
/// Directories that agents and runtimes make outside of their own data, and that nothing removes: what is empty of them is
/// removed after an undo, and what is not is named, since other programs may keep files there.
/// </summary>
public static class Remnants
{
    /// <summary>podman expects its empty directories too.</summary>
    private const string SharedStorage = "/var/lib/containers";

    private static readonly (string Directory, string What)[] OfAgents =
    [
        ("/usr/libexec/kubernetes", "volume plugins of the agent"),
        ("/var/log/pods", "logs of pods"),
        ("/var/log/containers", "links to logs of pods"),
    ];

    private static readonly (string Directory, string What)[] OfCrio =
    [
        (SharedStorage, "images and containers, which CRI-O and podman share"),
        ("/var/lib/crio", "CRI-O's version and clean shutdown marks"),
        ("/etc/crio", "CRI-O's configuration"),
        ("/usr/share/containers/oci", "hooks for containers"),
        ("/var/log/crio", "CRI-O's logs"),
    ];

    /// <param name="hadAgent">Whether an agent of a cluster ran the pods.</param>
    /// <param name="hadCrio">Whether a document had CRI-O.</param>
    /// <returns>What stays, with what it is.</returns>
    public static IReadOnlyList<(string Directory, string What)> TidyUp(Machine machine, bool hadAgent, bool hadCrio)
    {
        var places = (hadAgent ? OfAgents : []).Concat(hadCrio ? OfCrio : []).ToArray();
        foreach (var (directory, _) in places.Where(place => place.Directory != SharedStorage))
        {
            RemoveEmptyBelow(machine, directory);
        }

        return [.. places.Where(place => machine.Exists(place.Directory))];
    }

    private static void RemoveEmptyBelow(Machine machine, string directory)
    {
        if (!Directory.Exists(machine.At(directory)))
        {
            return;
        }

        foreach (var inner in new DirectoryInfo(machine.At(directory)).EnumerateDirectories().ToArray())
        {
            if (inner.LinkTarget is null)
            {
                RemoveEmptyBelow(machine, $"{directory}/{inner.Name}");
            }
        }

        machine.RemoveEmptyDirectory(directory);
    }
}
