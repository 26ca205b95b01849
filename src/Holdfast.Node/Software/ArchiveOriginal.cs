using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Software;

/// <summary>
/// How the paths of an archive were before it was unpacked: only those that unpacking touches. Large files lie beside the
/// journal under their hashes. Stateless.
/// </summary>
internal static class ArchiveOriginal
{
    /// <param name="entries">What will be there, with absolute paths.</param>
    /// <param name="before">What an earlier version left; paths of it that the new one does not have will go.</param>
    public static async Task<JsonObject> RecordAsync(
        Machine machine,
        string name,
        IReadOnlyList<ArchiveEntry> entries,
        SoftwareManifest? before,
        CancellationToken cancellationToken
    )
    {
        var files = new JsonArray();
        var replaced = new List<string>();
        foreach (var entry in entries.Where(entry => entry.Kind == ArchiveEntryKind.Directory))
        {
            // Only a link that goes is still one here (PlacePaths).
            if (FileStatus.Read(machine.At(entry.Path), followLink: false)?.Kind == FileKind.SymbolicLink)
            {
                replaced.Add(entry.Path);
                files.Add((JsonNode)await RecordPathAsync(machine, entry.Path, cancellationToken));
            }
        }

        foreach (var entry in entries.Where(entry => entry.Kind != ArchiveEntryKind.Directory))
        {
            if (IsIn(replaced, entry.Path))
            {
                // What can be seen there now lies where the link leads.
                files.Add((JsonNode)new JsonObject { ["path"] = entry.Path });
                continue;
            }

            var difference = await PlacedEntry.FindDifferenceAsync(machine, entry, trustTime: false, cancellationToken);
            if (difference is not null)
            {
                files.Add((JsonNode)await RecordPathAsync(machine, entry.Path, cancellationToken));
            }
        }

        foreach (var path in ListStale(entries, before))
        {
            if (FileStatus.Read(machine.At(path), followLink: false) is not null)
            {
                files.Add((JsonNode)await RecordPathAsync(machine, path, cancellationToken));
            }
        }

        return new JsonObject
        {
            ["name"] = name,
            ["manifest"] = before is null ? null : System.Text.Encoding.UTF8.GetString(before.ToUtf8()),
            ["directories"] = new JsonArray([
                .. ListMissing(machine, entries, replaced).Select(path => (JsonNode)path),
            ]),
            ["files"] = files,
        };
    }

    /// <summary>Files and links of the earlier version that the new one does not have.</summary>
    public static IEnumerable<string> ListStale(IReadOnlyList<ArchiveEntry> entries, SoftwareManifest? before)
    {
        var wanted = entries.Select(entry => entry.Path).ToHashSet(StringComparer.Ordinal);
        return (before?.Entries ?? [])
            .Where(entry => entry.Kind != ArchiveEntryKind.Directory && !wanted.Contains(entry.Path))
            .Select(entry => entry.Path);
    }

    /// <summary>Puts one path back as it was. What is there now is in nobody's way any more.</summary>
    public static async Task RestoreAsync(Machine machine, JsonObject original, CancellationToken cancellationToken)
    {
        var path = (string)original["path"]!;
        var at = machine.At(path);
        if ((string?)original["target"] is { } target)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(at)!);
            AtomicLink.Replace(at, target, LinkResource.TemporaryPath(at));
            AtomicFile.SyncDirectory(Path.GetDirectoryName(at)!);
            return;
        }

        if (FileStatus.Read(at, followLink: false)?.Kind == FileKind.SymbolicLink)
        {
            File.Delete(at);
        }

        var file = FileOriginal.Parse(original);
        await file.RestoreAsync(machine, cancellationToken);
        if (file.Exists)
        {
            // So that the version whose file this is finds it unchanged without hashing it.
            File.SetLastWriteTimeUtc(at, new DateTime((long)original["modified"]!, DateTimeKind.Utc));
        }
    }

    /// <summary>What is at a path in one word that a journal can compare: a hash, a link's target, or null for nothing.</summary>
    public static async Task<string?> MarkAsync(string at, CancellationToken cancellationToken) =>
        FileStatus.Read(at, followLink: false)?.Kind switch
        {
            null => null,
            FileKind.SymbolicLink => LinkMark(new FileInfo(at).LinkTarget!),
            FileKind.Regular => await FileOriginal.HashAsync(at, cancellationToken),
            _ => "other",
        };

    public static string LinkMark(string target) => $"-> {target}";

    /// <summary>The mark of the original.</summary>
    public static string? MarkOf(JsonObject original) =>
        (string?)original["target"] is { } target ? LinkMark(target) : (string?)original["sha256"];

    private static async Task<JsonObject> RecordPathAsync(
        Machine machine,
        string path,
        CancellationToken cancellationToken
    )
    {
        var at = machine.At(path);
        var status = FileStatus.Read(at, followLink: false);
        if (status?.Kind == FileKind.SymbolicLink)
        {
            return new JsonObject { ["path"] = path, ["target"] = new FileInfo(at).LinkTarget };
        }

        var original = await FileOriginal.RecordAsync(machine, path, cancellationToken);

        // Directories are remembered once for the whole archive.
        original.Remove("missingDirectories");
        if (status is not null)
        {
            original["modified"] = status.ModifiedAt.UtcTicks;
        }

        return original;
    }

    /// <summary>Whether a path is one of some directories, or below one.</summary>
    public static bool IsIn(IReadOnlyCollection<string> directories, string path) =>
        directories.Any(directory => $"{path}/".StartsWith($"{directory}/", StringComparison.Ordinal));

    private static IEnumerable<string> ListMissing(
        Machine machine,
        IReadOnlyList<ArchiveEntry> entries,
        IReadOnlyCollection<string> replaced
    )
    {
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var directory = entry.Kind == ArchiveEntryKind.Directory ? entry.Path : Path.GetDirectoryName(entry.Path);
            while (
                directory is not null
                && (!machine.Exists(directory) || IsIn(replaced, directory))
                && missing.Add(directory)
            )
            {
                directory = Path.GetDirectoryName(directory);
            }
        }

        return missing;
    }
}
