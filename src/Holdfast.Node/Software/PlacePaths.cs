using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>
/// Where a path of the machine really is: directories that are links there (<c>/bin</c> to <c>usr/bin</c>) are followed
/// once, here, so that the journal names the place that was changed and undo does not depend on the links. A link that the
/// version before brought is none of these: where this version has a directory, that takes its place. For one run.
/// </summary>
internal sealed class PlacePaths(Machine machine, SoftwareManifest? before)
{
    /// <summary>As the kernel counts (MAXSYMLINKS).</summary>
    private const int MaxLinks = 40;

    private readonly HashSet<string> links =
    [
        .. (before?.Entries ?? []).Where(entry => entry.Kind == ArchiveEntryKind.Link).Select(entry => entry.Path),
    ];

    /// <summary>Directories in the place of such a link, and all below: whatever can be seen there now is elsewhere.</summary>
    private readonly HashSet<string> replacing = [];

    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal) { ["/"] = "/" };

    /// <summary>The entries with the paths at which they really go.</summary>
    /// <exception cref="NodeException">Something on the machine is in their way.</exception>
    public IReadOnlyList<ArchiveEntry> Resolve(IReadOnlyList<ArchiveEntry> entries, string target)
    {
        var resolved = new List<ArchiveEntry> { Top(target) };
        foreach (var entry in entries)
        {
            var path = Path.Join(target, entry.Path);
            var at =
                entry.Kind == ArchiveEntryKind.Directory
                    ? ResolveDirectory(path)
                    : Path.Join(ResolveDirectory(Path.GetDirectoryName(path)!), Path.GetFileName(path));
            RequireFree(at, entry.Kind);
            resolved.Add(entry with { Path = at });
        }

        return resolved;
    }

    /// <summary>An absolute directory with every link in it followed; what does not exist stays as it is written.</summary>
    public string ResolveDirectory(string path) => ResolveDirectory(path, 0);

    private string ResolveDirectory(string path, int followed)
    {
        if (known.TryGetValue(path, out var before))
        {
            return before;
        }

        if (followed > MaxLinks)
        {
            throw InTheWay(path, "links lead in a circle there");
        }

        var parent = ResolveDirectory(Path.GetDirectoryName(path) ?? "/", followed);
        var at = Path.Join(parent, Path.GetFileName(path));
        var status = FileStatus.Read(machine.At(at), followLink: false);
        if (replacing.Contains(parent) || (status?.Kind == FileKind.SymbolicLink && links.Contains(at)))
        {
            replacing.Add(at);
            known[path] = at;
            return at;
        }

        var result = status?.Kind switch
        {
            null or FileKind.Directory => at,
            FileKind.SymbolicLink => Follow(at, parent, followed),
            _ => throw InTheWay(at, "a directory must be there, and it is none"),
        };
        known[path] = result;
        return result;
    }

    private string Follow(string link, string parent, int followed)
    {
        var target = Path.GetFullPath(Path.Join("/", Absolute(new FileInfo(machine.At(link)).LinkTarget!, parent)));
        var real = ResolveDirectory(target.Length > 1 ? target.TrimEnd('/') : target, followed + 1);
        return FileStatus.Read(machine.At(real), followLink: false)?.Kind == FileKind.Directory
            ? real
            : throw InTheWay(link, $"it leads to {target}, where no directory is");
    }

    private static string Absolute(string target, string parent) =>
        target.StartsWith('/') ? target : Path.Join(parent, target);

    private ArchiveEntry Top(string target) =>
        new(
            ResolveDirectory(target),
            ArchiveEntryKind.Directory,
            (UnixFileMode)0b111_101_101,
            FileOwner.Root,
            0,
            DateTimeOffset.UnixEpoch
        );

    private void RequireFree(string path, ArchiveEntryKind kind)
    {
        if (replacing.Contains(Path.GetDirectoryName(path)!))
        {
            return;
        }

        var now = FileStatus.Read(machine.At(path), followLink: false)?.Kind;
        if (kind != ArchiveEntryKind.Directory && now is not (null or FileKind.Regular or FileKind.SymbolicLink))
        {
            throw InTheWay(path, now == FileKind.Directory ? "it is a directory" : "it is no file");
        }
    }

    private static NodeException InTheWay(string path, string why) =>
        new(NodeReason.ChangeFailed, $"cannot unpack to {path}: {why}; move it away and run the same command again");
}
