using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>What undo of software needs.</summary>
/// <param name="Version">Which is about to be installed.</param>
/// <param name="Sha256">Of the archive.</param>
/// <param name="MissingDirectories">Those of the links and of the versions that were not there, outermost first.</param>
/// <param name="Previous">The version that Holdfast had installed before; null when none was.</param>
internal sealed record SoftwareBefore(
    string Name,
    string Version,
    string Sha256,
    IReadOnlyList<LinkBefore> Links,
    IReadOnlyList<string> MissingDirectories,
    string? Previous = null
);

/// <summary>
/// Software that is unpacked from an archive of its makers into a directory per version, and used through links that lead to
/// one of them. Another archive of the same name is an upgrade: the links are switched, and the version before stays until a
/// pod has run with the new one.
/// </summary>
internal sealed class SoftwareChange : Change<SoftwareBefore>
{
    public static ChangeKind<SoftwareBefore> SoftwareKind { get; } =
        new("software", SoftwareJson.Default.SoftwareBefore, SoftwareUndo.RunAsync)
        {
            NeedsProof = history => history.Original.Previous is { } before && before != history.Last.Version,
        };

    private readonly SoftwareSpec spec;
    private readonly SoftwareLinks links;

    public SoftwareChange(SoftwareSpec spec)
        : base(SoftwareKind, spec.Name, $"{spec.Name} of {spec.Archive.FileName} is installed")
    {
        this.spec = spec;
        links = new SoftwareLinks(spec.Name, spec.Links);
    }

    /// <summary>What a bundle must have.</summary>
    public Document.ArchiveSpec Archive => spec.Archive;

    public override async Task<Inspection> InspectAsync(
        Machine machine,
        History<SoftwareBefore> history,
        CancellationToken cancellationToken
    )
    {
        var listing = await VersionListing.ReadAsync(machine, spec.VersionDirectory, cancellationToken);
        var current = links.ListVersions(machine).FirstOrDefault();
        if (listing is null || current != spec.Version)
        {
            return Inspection.Differs(
                current is null || current == spec.Version
                    ? $"{spec.Archive.FileName} is not installed"
                    : $"another version of {spec.Name} is installed"
            );
        }

        return links.FindDifference(machine, spec.VersionDirectory) is { } link ? Inspection.Differs(link)
            : listing.FindDifference(machine, spec.VersionDirectory) is { } path
                ? Inspection.Differs($"{path} is not as {spec.Archive.FileName} has it")
            : Inspection.AsWanted($"{listing.Count} paths are as {spec.Archive.FileName} has them");
    }

    /// <summary>The archive is fetched and verified before anything is recorded: when it cannot be, nothing has happened.</summary>
    public override async Task<SoftwareBefore> RememberAsync(
        Machine machine,
        History<SoftwareBefore> history,
        CancellationToken cancellationToken
    )
    {
        links.RequireFree(machine);
        var versions = links.ListVersions(machine);
        var listing = await VersionListing.ReadAsync(machine, spec.VersionDirectory, cancellationToken);
        var sha256 =
            listing?.FindDifference(machine, spec.VersionDirectory) is null && listing is not null
                ? listing.Sha256
                : (await FetchAsync(machine, listing, cancellationToken)).Sha256;
        return new SoftwareBefore(
            spec.Name,
            spec.Version,
            sha256,
            links.Remember(machine),
            [.. links.ListMissingDirectories(machine, spec.Directory)],
            versions.FirstOrDefault(version => version != spec.Version) ?? versions.FirstOrDefault()
        );
    }

    public override async Task DoAsync(
        Machine machine,
        History<SoftwareBefore> history,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var listing = await VersionListing.ReadAsync(machine, spec.VersionDirectory, cancellationToken);
            if (listing is null || listing.FindDifference(machine, spec.VersionDirectory) is not null)
            {
                var file = await FetchAsync(machine, listing, cancellationToken);
                await new VersionInstall(machine, spec).RunAsync(file, listing, cancellationToken);
            }

            FaultPoint.Reach("software.before-switch");
            links.Switch(machine, spec.VersionDirectory);
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new NodeException(
                NodeReason.Denied,
                $"cannot install {spec.Archive.FileName}: {cause.Message}; run it as root, and see whether the path is immutable",
                cause
            );
        }

        await VersionPrune.RunAsync(machine, spec.Name, [spec.Version, .. Recent(history)], cancellationToken);
    }

    /// <summary>A repair takes the archive that was fetched for the installation, whatever a server says by now.</summary>
    private Task<VerifiedFile> FetchAsync(
        Machine machine,
        VersionListing? installed,
        CancellationToken cancellationToken
    ) =>
        new Download(machine).FetchAsync(
            spec.Archive with
            {
                Sha256 = spec.Archive.Sha256 ?? installed?.Sha256,
            },
            cancellationToken
        );

    /// <summary>What a rollback may return to: more than two versions wait for a proof only when runs were killed.</summary>
    private static IEnumerable<string> Recent(History<SoftwareBefore> history) =>
        history.Records.TakeLast(3).Select(record => record.Previous).OfType<string>();
}
