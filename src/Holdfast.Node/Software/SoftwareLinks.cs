using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>A link, and how its place was.</summary>
/// <param name="To">Below a version's directory, as in <see cref="SoftwareLink"/>.</param>
/// <param name="WasEmptyDirectory">An empty directory was there instead.</param>
internal sealed record LinkBefore(string Path, string To, bool WasEmptyDirectory);

/// <summary>
/// The links into one piece of software. A link is Holdfast's when it leads below the directory of that software. They say
/// where a version really is, also where <c>/</c> is another directory.
/// </summary>
internal sealed class SoftwareLinks(Machine machine, string name)
{
    private readonly string ours = machine.At(SoftwareSpec.DirectoryOf(name)) + "/";

    public bool IsOurs(string path) =>
        AtomicLink.Read(machine.At(path))?.StartsWith(ours, StringComparison.Ordinal) == true;

    /// <summary>The versions that links lead to: none, one, or two where a switch was cut short.</summary>
    public IReadOnlyList<string> ListVersions(IEnumerable<SoftwareLink> links) =>
        [
            .. links
                .Select(link => AtomicLink.Read(machine.At(link.Path)))
                .OfType<string>()
                .Where(target => target.StartsWith(ours, StringComparison.Ordinal))
                .Select(target => target[ours.Length..].Split('/')[0])
                .Distinct(),
        ];

    /// <summary>What is not as it has to be for a version; null when all is.</summary>
    public string? FindDifference(IEnumerable<SoftwareLink> links, string version)
    {
        foreach (var link in links)
        {
            var wanted = TargetIn(version, link.To);
            var target = AtomicLink.Read(machine.At(link.Path));
            if (target != wanted && !(link.IsOptional && IsTaken(link.Path)))
            {
                return target is null && wanted is not null
                    ? $"{link.Path} is not there"
                    : $"{link.Path} leads to {target}";
            }
        }

        return null;
    }

    /// <exception cref="NodeException">ChangeFailed: something of someone else has the place of a link.</exception>
    public void RequireFree(IEnumerable<SoftwareLink> links)
    {
        if (links.FirstOrDefault(link => !link.IsOptional && IsTaken(link.Path)) is { } taken)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot install {name}: {taken.Path} is there and is not Holdfast's; nothing was changed; move it away, "
                    + "or say install: { present: {} } to use what is there"
            );
        }
    }

    public IReadOnlyList<LinkBefore> Remember(IEnumerable<SoftwareLink> links) =>
        [
            .. links
                .Where(link => !IsTaken(link.Path))
                .Select(link => new LinkBefore(link.Path, link.To, KindOf(link.Path) == FileKind.Directory)),
        ];

    /// <summary>Leads every link to a version, each in one step. A link that the version has no use for is removed.</summary>
    public void Switch(IEnumerable<SoftwareLink> links, string version)
    {
        foreach (var link in links.Where(link => !IsTaken(link.Path)))
        {
            Set(link.Path, TargetIn(version, link.To));
            FaultPoint.Reach("software.after-link");
        }
    }

    /// <summary>Leads a link back to the version before, or to nothing.</summary>
    /// <param name="version">Null: there was none.</param>
    /// <returns>For people: what someone put there since, which stays; or null.</returns>
    public string? TakeBack(LinkBefore link, string? version)
    {
        AtomicLink.RemoveLeftover(machine.At(link.Path));
        var now = KindOf(link.Path);
        if (now is not null && !IsOurs(link.Path))
        {
            return now == FileKind.Directory && link.WasEmptyDirectory
                ? null
                : $"{link.Path} was replaced after Holdfast made it: it stays so";
        }

        Set(link.Path, version is null ? null : TargetIn($"{SoftwareSpec.DirectoryOf(name)}/{version}", link.To));
        if (link.WasEmptyDirectory)
        {
            Directory.CreateDirectory(machine.At(link.Path));
        }

        return null;
    }

    /// <summary>Makes, turns or removes a link of Holdfast; an empty directory makes room for it.</summary>
    private void Set(string path, string? target)
    {
        var at = machine.At(path);
        if (target is null)
        {
            if (IsOurs(path))
            {
                File.Delete(at);
            }
        }
        else if (AtomicLink.Read(at) != target)
        {
            EmptyDirectory.Remove(at);
            AtomicLink.Make(at, target);
        }
    }

    private bool IsTaken(string path) =>
        KindOf(path) switch
        {
            null => false,
            FileKind.Directory => Directory.EnumerateFileSystemEntries(machine.At(path)).Any(),
            _ => !IsOurs(path),
        };

    private FileKind? KindOf(string path) => FileStatus.Read(machine.At(path), followLink: false)?.Kind;

    /// <summary>Where a link has to lead; null where the version has nothing for it.</summary>
    private string? TargetIn(string version, string to)
    {
        var path = to.Length == 0 ? version : $"{version}/{to}";
        return machine.Exists(path) ? machine.At(path) : null;
    }
}
