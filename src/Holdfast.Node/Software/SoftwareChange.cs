using Holdfast.Document;
using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>What undo of software needs.</summary>
/// <param name="Version">Which is about to be installed.</param>
/// <param name="MissingDirectories">Those of the links and of the versions that were not there, outermost first.</param>
/// <param name="Previous">The version that Holdfast had installed before; null when none was.</param>
internal sealed record SoftwareBefore(
    string Name,
    string Version,
    IReadOnlyList<LinkBefore> Links,
    IReadOnlyList<string> MissingDirectories,
    string? Previous = null
);

/// <summary>
/// Software that is unpacked from an archive of its makers into a directory per version, and used through links that lead to
/// one of them. Another archive of the same name is an upgrade: the links are switched, and the version before stays until a
/// pod has run with the new one.
/// </summary>
internal sealed class SoftwareChange(SoftwareSpec spec)
    : Change<SoftwareBefore>(SoftwareKind, spec.Name, $"{spec.Name} of {spec.Archive.FileName} is installed")
{
    public static ChangeKind<SoftwareBefore> SoftwareKind { get; } =
        new("software", SoftwareJson.Default.SoftwareBefore, UndoAsync)
        {
            NeedsProof = history => history.Original.Previous is { } before && before != history.Last.Version,
        };

    /// <summary>What a bundle must have.</summary>
    public ArchiveSpec Archive => spec.Archive;

    public override async Task<Inspection> InspectAsync(
        Machine machine,
        History<SoftwareBefore> history,
        CancellationToken cancellationToken
    )
    {
        var links = new SoftwareLinks(machine, spec.Name);
        var listing = await VersionListing.ReadAsync(machine, spec.VersionDirectory, cancellationToken);
        var current = links.ListVersions(spec.Links).FirstOrDefault();
        if (listing is null || current != spec.Version)
        {
            return Inspection.Differs(
                current is null || current == spec.Version
                    ? $"{spec.Archive.FileName} is not installed"
                    : $"another version of {spec.Name} is installed"
            );
        }

        return links.FindDifference(spec.Links, spec.VersionDirectory) is { } link ? Inspection.Differs(link)
            : listing.FindDifference(machine, spec.VersionDirectory) is { } path
                ? Inspection.Differs($"{path} is not as {spec.Archive.FileName} has it")
            : Inspection.AsWanted($"{listing.Entries.Count} paths are as {spec.Archive.FileName} has them");
    }

    /// <summary>The archive is fetched and verified before anything is recorded: when it cannot be, nothing has happened.</summary>
    public override async Task<SoftwareBefore> RememberAsync(
        Machine machine,
        History<SoftwareBefore> history,
        CancellationToken cancellationToken
    )
    {
        var links = new SoftwareLinks(machine, spec.Name);
        links.RequireFree(spec.Links);
        var (listing, isComplete) = await ReadListingAsync(machine, cancellationToken);
        if (!isComplete)
        {
            _ = await FetchAsync(machine, listing, cancellationToken);
        }

        var versions = links.ListVersions(spec.Links);
        return new SoftwareBefore(
            spec.Name,
            spec.Version,
            links.Remember(spec.Links),
            ListMissingDirectories(machine),
            versions.FirstOrDefault(version => version != spec.Version) ?? versions.FirstOrDefault()
        );
    }

    public override async Task DoAsync(
        Machine machine,
        History<SoftwareBefore> history,
        CancellationToken cancellationToken
    )
    {
        var versions = new SoftwareVersions(machine, spec.Name);
        try
        {
            var (listing, isComplete) = await ReadListingAsync(machine, cancellationToken);
            if (!isComplete)
            {
                var file = await FetchAsync(machine, listing, cancellationToken);
                await versions.InstallAsync(spec, file, listing, cancellationToken);
            }

            FaultPoint.Reach("software.before-switch");
            new SoftwareLinks(machine, spec.Name).Switch(spec.Links, spec.VersionDirectory);
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new NodeException(
                NodeReason.Denied,
                $"cannot install {spec.Archive.FileName}: {cause.Message}; run it as root, and see whether the path is immutable",
                cause
            );
        }

        // A rollback may return to these: more than two versions wait for a proof only when runs were killed.
        var recent = history.Records.TakeLast(3).Select(record => record.Previous).OfType<string>();
        await versions.PruneAsync([spec.Version, .. recent], cancellationToken);
    }

    /// <summary>Of the version, and whether all is as it says.</summary>
    private async Task<(VersionListing? Listing, bool IsComplete)> ReadListingAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var listing = await VersionListing.ReadAsync(machine, spec.VersionDirectory, cancellationToken);
        return (listing, listing is not null && listing.FindDifference(machine, spec.VersionDirectory) is null);
    }

    /// <summary>A repair takes the archive that was fetched for the installation, whatever a server says by now.</summary>
    private Task<VerifiedFile> FetchAsync(
        Machine machine,
        VersionListing? installed,
        CancellationToken cancellationToken
    )
    {
        var archive = spec.Archive with { Sha256 = spec.Archive.Sha256 ?? installed?.Sha256 };
        return new Download(machine).FetchAsync(archive, cancellationToken);
    }

    private string[] ListMissingDirectories(Machine machine) =>
        [
            .. spec
                .Links.Select(link => link.Path)
                .Append(spec.VersionDirectory)
                .SelectMany(path => FileSnapshot.ListMissingDirectories(machine, path))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Leads the links back to the version before, or to nothing, and removes the versions that came after it.</summary>
    private static async Task<string?> UndoAsync(
        Machine machine,
        History<SoftwareBefore> history,
        CancellationToken cancellationToken
    )
    {
        var original = history.Original;
        var links = new SoftwareLinks(machine, original.Name);
        var notes = new List<string>();
        // Each link as it was before the first of the runs that are taken back.
        foreach (var link in history.TakenBack.SelectMany(record => record.Links).DistinctBy(link => link.Path))
        {
            FaultPoint.Reach("software.before-restore");
            if (links.TakeBack(link, original.Previous) is { } note)
            {
                notes.Add(note);
            }
        }

        string[] keep = original.Previous is { } before ? [before] : [];
        notes.AddRange(await new SoftwareVersions(machine, original.Name).PruneAsync(keep, cancellationToken));
        foreach (var directory in original.MissingDirectories.Reverse())
        {
            machine.RemoveEmptyDirectory(directory);
        }

        EmptyDirectory.Remove(machine.Paths.DownloadsDirectory);
        return notes.Count == 0 ? null : string.Join("; ", notes);
    }
}
