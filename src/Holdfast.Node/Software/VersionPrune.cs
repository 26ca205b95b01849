namespace Holdfast.Node.Software;

/// <summary>Removes versions, with the listings and archives that belong to them. Files that someone changed in them are kept.</summary>
internal static class VersionPrune
{
    /// <param name="keep">Versions that stay.</param>
    /// <returns>For people: what was kept and where.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(
        Machine machine,
        string name,
        IReadOnlyCollection<string> keep,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        var top = SoftwareSpec.DirectoryOf(name);
        foreach (var version in ListVersions(machine, top).Except(keep))
        {
            var directory = $"{top}/{version}";
            if (await VersionListing.ReadAsync(machine, directory, cancellationToken) is { } listing)
            {
                notes.AddRange(await KeepForeignAsync(machine, listing, directory, cancellationToken));
            }

            // Without its listing it is no version any more, should this be cut short.
            File.Delete(machine.At(VersionListing.PathOf(directory)));
            foreach (var at in (string[])["", ".new", ".old"])
            {
                VersionInstall.Delete(machine.At(directory) + at);
            }
        }

        await PruneDownloadsAsync(machine, cancellationToken);
        return notes;
    }

    /// <summary>Copies the files that someone changed or put there before the directory goes.</summary>
    /// <returns>For people: which, and where the copies are.</returns>
    public static async Task<IReadOnlyList<string>> KeepForeignAsync(
        Machine machine,
        VersionListing listing,
        string version,
        CancellationToken cancellationToken
    )
    {
        var notes = new List<string>();
        foreach (var path in listing.ListForeign(machine, version))
        {
            var kept = await EditedFileBackup.KeepAsync(machine, path, cancellationToken);
            notes.Add($"{path} was changed after Holdfast installed it: the changed file is kept as {kept}");
            machine.Progress?.Report(notes[^1]);
        }

        return notes;
    }

    public static void RemoveIfEmpty(string directory)
    {
        if (!Directory.EnumerateFileSystemEntries(directory).Any())
        {
            Directory.Delete(directory);
        }
    }

    /// <summary>The archives of what is installed stay, so that a repair needs no network.</summary>
    private static async Task PruneDownloadsAsync(Machine machine, CancellationToken cancellationToken)
    {
        var needed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var software in ListDirectories(machine, SoftwareSpec.Top))
        {
            var top = $"{SoftwareSpec.Top}/{software}";
            foreach (var version in ListVersions(machine, top))
            {
                if (await VersionListing.ReadAsync(machine, $"{top}/{version}", cancellationToken) is { } listing)
                {
                    needed.Add(listing.Sha256);
                }
            }
        }

        Download.Prune(machine.Paths, needed);
    }

    private static IReadOnlyList<string> ListVersions(Machine machine, string top) =>
        [
            .. ListDirectories(machine, top)
                .Concat(machine.ListFiles(top).Select(file => Path.GetFileName(file)))
                .Select(entry => entry.Split('.')[0])
                .Distinct(),
        ];

    private static IEnumerable<string> ListDirectories(Machine machine, string path) =>
        Directory.Exists(machine.At(path))
            ? Directory
                .EnumerateDirectories(machine.At(path))
                .Select(directory => Path.GetFileName(directory))
                .ToArray()
            : [];
}
