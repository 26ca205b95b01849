using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Software;

/// <summary>
/// Software that is unpacked from an archive of its makers. Every path that it makes or replaces is in the journal before
/// it is touched; directories that are there already keep their mode and owner. Another archive of the same name is an
/// upgrade: it lies on the older one until that is taken for good (<see cref="ArchiveStack"/>).
/// </summary>
internal sealed class ArchiveResource : IResource
{
    public const string KindName = "archive";

    private readonly string name;
    private readonly string key;
    private readonly string target;

    /// <param name="name">
    /// What it is, the same for every version of it (<c>containerd</c>, <c>kata</c>, <c>cni-plugins</c>): lower-case letters,
    /// digits and <c>-</c>.
    /// </param>
    /// <param name="target">Absolute directory that it is unpacked into; made when it is missing.</param>
    public ArchiveResource(string name, ArchiveSpec archive, string target)
    {
        this.name = name;
        this.target = target;
        Archive = archive;
        key = ArchiveStack.KeyOf(archive, target);
        Title = $"{archive.FileName} is unpacked in {target}";
    }

    public string Kind => KindName;

    public string Id => ArchiveStack.IdOf(name, key);

    public string Title { get; init; }

    public string? Why { get; init; }

    public ArchiveSpec Archive { get; }

    /// <summary>
    /// From a path in the archive (<c>cri-o/bin/crio</c>, never beginning with <c>./</c> or <c>/</c>) to where it goes below
    /// the target (<c>bin/crio</c>); null leaves it out. Pure. Default: everything goes where the archive says.
    /// </summary>
    public Func<string, string?>? Place { get; init; }

    /// <summary>
    /// Which files, by their absolute paths, are configuration that a person or another step edits after they were
    /// unpacked: of these only that they are there is looked at. Pure. Default: none.
    /// </summary>
    public Func<string, bool>? IsEditable { get; init; }

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var manifest = await SoftwareManifest.ReadAsync(machine.Paths, name, cancellationToken);
        if (manifest is null)
        {
            return Inspection.Differs($"{Archive.FileName} is not unpacked");
        }

        if (manifest.Key != key)
        {
            return Inspection.Differs($"{manifest.FileName} is unpacked instead");
        }

        foreach (var entry in manifest.Entries)
        {
            var isThere = FileStatus.Read(machine.At(entry.Path), followLink: false)?.Kind == FileKind.Regular;
            if (isThere && IsEditable?.Invoke(entry.Path) == true)
            {
                continue;
            }

            var difference = await PlacedEntry.FindDifferenceAsync(machine, entry, trustTime: true, cancellationToken);
            if (difference is not null)
            {
                return Inspection.Differs(difference);
            }
        }

        return Inspection.AsWanted($"{manifest.Entries.Count} paths are as {Archive.FileName} has them");
    }

    /// <summary>The archive is fetched, verified and unpacked aside before anything is recorded: only then are its paths known.</summary>
    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        var (_, entries) = await PrepareAsync(machine, cancellationToken);
        var before = await SoftwareManifest.ReadAsync(machine.Paths, name, cancellationToken);
        return await ArchiveOriginal.RecordAsync(machine, name, entries, before, cancellationToken);
    }

    public async Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken)
    {
        var (staged, entries) = await PrepareAsync(machine, cancellationToken);
        var marks = new JsonObject();
        foreach (var entry in entries.Where(entry => entry.Kind != ArchiveEntryKind.Directory))
        {
            marks[entry.Path] = entry.Target is { } link ? ArchiveOriginal.LinkMark(link) : entry.Sha256;
        }

        return new JsonObject { ["sha256"] = staged.Sha256, ["marks"] = marks };
    }

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        var (staged, entries) = await PrepareAsync(machine, cancellationToken);
        try
        {
            var before = await SoftwareManifest.ReadAsync(machine.Paths, name, cancellationToken);
            await new ArchiveInstall(machine, staged, entries).RunAsync(before, cancellationToken);
        }
        catch (UnauthorizedAccessException cause)
        {
            throw new NodeException(
                NodeReason.Denied,
                $"cannot unpack {Archive.FileName} in {target}: {cause.Message}; run it as root, and see whether the path is immutable",
                cause
            );
        }
    }

    private async Task<(SoftwareManifest Staged, IReadOnlyList<ArchiveEntry> Entries)> PrepareAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var staged = await Staging.PrepareAsync(machine, name, key, Archive, target, Place, cancellationToken);
        var before = await SoftwareManifest.ReadAsync(machine.Paths, name, cancellationToken);
        return (staged, new PlacePaths(machine, before).Resolve(staged.Entries, target));
    }
}
