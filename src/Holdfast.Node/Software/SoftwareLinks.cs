using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>A link, and how its place was.</summary>
/// <param name="To">Below a version's directory, as in <see cref="SoftwareLink"/>.</param>
/// <param name="WasEmptyDirectory">An empty directory was there instead.</param>
internal sealed record LinkBefore(string Path, string To, bool WasEmptyDirectory);

/// <summary>The links of one piece of software. They say where a version really is, also where <c>/</c> is another directory.</summary>
internal sealed class SoftwareLinks(string name, IReadOnlyList<SoftwareLink> links)
{
    /// <summary>The versions that the links lead to: none, one, or two where a switch was cut short.</summary>
    public IReadOnlyList<string> ListVersions(Machine machine) =>
        [
            .. links
                .Select(link => TargetOf(machine, link.Path))
                .OfType<string>()
                .Select(target => VersionOf(machine, target))
                .OfType<string>()
                .Distinct(),
        ];

    /// <summary>What is not as it has to be for a version; null when all is.</summary>
    public string? FindDifference(Machine machine, string version)
    {
        foreach (var link in links)
        {
            var wanted = TargetIn(machine, version, link.To);
            var target = TargetOf(machine, link.Path);
            if (target != wanted && !(link.IsOptional && IsTaken(machine, link.Path)))
            {
                return target is null && wanted is not null
                    ? $"{link.Path} is not there"
                    : $"{link.Path} leads to {target}";
            }
        }

        return null;
    }

    /// <exception cref="NodeException">ChangeFailed: something of someone else has the place of a link.</exception>
    public void RequireFree(Machine machine)
    {
        var taken = links.FirstOrDefault(link => !link.IsOptional && IsTaken(machine, link.Path));
        if (taken is not null)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot install {name}: {taken.Path} is there and is not Holdfast's; nothing was changed; move it away, "
                    + "or say install: { present: {} } to use what is there"
            );
        }
    }

    public IReadOnlyList<LinkBefore> Remember(Machine machine) =>
        [
            .. links
                .Where(link => !IsTaken(machine, link.Path))
                .Select(link => new LinkBefore(
                    link.Path,
                    link.To,
                    FileStatus.Read(machine.At(link.Path), followLink: false)?.Kind == FileKind.Directory
                )),
        ];

    public IEnumerable<string> ListMissingDirectories(Machine machine, string directory)
    {
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in links.Select(link => Path.GetDirectoryName(link.Path)).Append(directory))
        {
            for (var at = path; at is not null && !machine.Exists(at); at = Path.GetDirectoryName(at))
            {
                missing.Add(at);
            }
        }

        return missing;
    }

    /// <summary>Leads every link to a version, each in one step. A link that the version has no use for is removed.</summary>
    public void Switch(Machine machine, string version)
    {
        foreach (var link in links.Where(link => !IsTaken(machine, link.Path)))
        {
            Set(machine, name, link.Path, TargetIn(machine, version, link.To));
            FaultPoint.Reach("software.after-link");
        }
    }

    /// <summary>Makes, turns or removes a link of Holdfast; an empty directory makes room for it.</summary>
    public static void Set(Machine machine, string name, string path, string? target)
    {
        var at = machine.At(path);
        var status = FileStatus.Read(at, followLink: false);
        if (target is null)
        {
            if (IsOurs(machine, name, path))
            {
                File.Delete(at);
            }

            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(at)!);
        if (status?.Kind == FileKind.Directory)
        {
            Directory.Delete(at);
        }

        if (TargetOf(machine, path) != target)
        {
            AtomicLink.Replace(at, target, Temporary(at));
            AtomicFile.SyncDirectory(Path.GetDirectoryName(at)!);
        }
    }

    /// <summary>Of a process that was killed before its rename.</summary>
    public static void RemoveLeftover(Machine machine, string path)
    {
        var temporary = Temporary(machine.At(path));
        if (FileStatus.Read(temporary, followLink: false) is not null)
        {
            File.Delete(temporary);
        }
    }

    public static bool IsOurs(Machine machine, string name, string path) =>
        TargetOf(machine, path)?.StartsWith(machine.At(SoftwareSpec.DirectoryOf(name)) + "/", StringComparison.Ordinal)
        == true;

    public static string? TargetOf(Machine machine, string path) =>
        FileStatus.Read(machine.At(path), followLink: false)?.Kind == FileKind.SymbolicLink
            ? new FileInfo(machine.At(path)).LinkTarget
            : null;

    private static string Temporary(string at) => at + ".holdfast-new";

    private bool IsTaken(Machine machine, string path)
    {
        var at = machine.At(path);
        return FileStatus.Read(at, followLink: false)?.Kind switch
        {
            null => false,
            FileKind.Directory => Directory.EnumerateFileSystemEntries(at).Any(),
            _ => !IsOurs(machine, name, path),
        };
    }

    /// <summary>Where a link has to lead; null where the version has nothing for it.</summary>
    public static string? TargetIn(Machine machine, string version, string to)
    {
        var path = to.Length == 0 ? version : $"{version}/{to}";
        return machine.Exists(path) ? machine.At(path) : null;
    }

    private string? VersionOf(Machine machine, string target)
    {
        var directory = machine.At(SoftwareSpec.DirectoryOf(name)) + "/";
        return target.StartsWith(directory, StringComparison.Ordinal) ? target[directory.Length..].Split('/')[0] : null;
    }
}
