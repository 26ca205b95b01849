using Holdfast.Linux;

namespace Holdfast.Node.Software;

/// <summary>Leads the links back to the version before, or to nothing, and removes the versions that came after it.</summary>
internal static class SoftwareUndo
{
    public static async Task<string?> RunAsync(
        Machine machine,
        History<SoftwareBefore> history,
        CancellationToken cancellationToken
    )
    {
        var original = history.Original;
        var notes = new List<string>();
        foreach (var link in ListLinks(history))
        {
            FaultPoint.Reach("software.before-restore");
            SoftwareLinks.RemoveLeftover(machine, link.Path);
            if (TakeBack(machine, original, link) is { } note)
            {
                notes.Add(note);
            }
        }

        string[] keep = original.Previous is { } before ? [before] : [];
        notes.AddRange(await VersionPrune.RunAsync(machine, original.Name, keep, cancellationToken));
        foreach (var directory in original.MissingDirectories.Reverse())
        {
            machine.RemoveEmptyDirectory(directory);
        }

        if (Directory.Exists(machine.Paths.DownloadsDirectory))
        {
            VersionPrune.RemoveIfEmpty(machine.Paths.DownloadsDirectory);
        }

        return notes.Count == 0 ? null : string.Join("; ", notes);
    }

    /// <summary>Each link as it was before the first of the runs that are taken back.</summary>
    private static IEnumerable<LinkBefore> ListLinks(History<SoftwareBefore> history) =>
        history
            .Records.SkipWhile(record => record != history.Original)
            .SelectMany(record => record.Links)
            .DistinctBy(link => link.Path);

    private static string? TakeBack(Machine machine, SoftwareBefore original, LinkBefore link)
    {
        var at = machine.At(link.Path);
        var now = FileStatus.Read(at, followLink: false)?.Kind;
        if (now is not null && !SoftwareLinks.IsOurs(machine, original.Name, link.Path))
        {
            return now == FileKind.Directory && link.WasEmptyDirectory
                ? null
                : $"{link.Path} was replaced after Holdfast made it: it stays so";
        }

        var target = original.Previous is { } version
            ? SoftwareLinks.TargetIn(machine, $"{SoftwareSpec.DirectoryOf(original.Name)}/{version}", link.To)
            : null;
        SoftwareLinks.Set(machine, original.Name, link.Path, target);
        if (link.WasEmptyDirectory)
        {
            Directory.CreateDirectory(at);
        }

        return null;
    }
}
