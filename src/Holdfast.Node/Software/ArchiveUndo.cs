using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Software;

/// <summary>
/// Takes back exactly the paths that an archive made or replaced. A file that somebody changed after us is kept beside the
/// journal; a directory goes only when we made it and nothing is in it. Stateless.
/// </summary>
internal sealed class ArchiveUndo : IUndo
{
    public string Kind => ArchiveResource.KindName;

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        Staging.RemoveAll(machine);
        var notes = new List<string>();
        var originals = change.Original["files"]!.AsArray().OfType<JsonObject>().ToArray();
        var directories = change.Original["directories"]!.AsArray().Select(node => (string)node!).ToArray();

        // Links that a directory took the place of come last, when that is gone. One that is back already leads elsewhere.
        var replaced = originals.Where(original => directories.Contains((string)original["path"]!)).ToArray();
        var back = replaced
            .Select(original => (string)original["path"]!)
            .Where(path => FileStatus.Read(machine.At(path), followLink: false)?.Kind == FileKind.SymbolicLink)
            .ToArray();
        foreach (var original in originals.Except(replaced).Reverse())
        {
            if (ArchiveOriginal.IsIn(back, (string)original["path"]!))
            {
                continue;
            }

            if (await TakeBackAsync(machine, change, original, cancellationToken) is { } note)
            {
                notes.Add(note);
            }
        }

        // Deepest first; a directory that somebody else uses by now stays.
        foreach (var directory in directories.Where(path => !ArchiveOriginal.IsIn(back, path)).Reverse())
        {
            machine.RemoveEmptyDirectory(directory);
        }

        foreach (var original in replaced)
        {
            if (await TakeBackAsync(machine, change, original, cancellationToken) is { } note)
            {
                notes.Add(note);
            }
        }

        await RestoreManifestAsync(machine, change.Original, cancellationToken);
        RemoveDownloads(machine, change);
        return notes.Count == 0 ? null : string.Join("; ", notes);
    }

    private static async Task<string?> TakeBackAsync(
        Machine machine,
        RecordedChange change,
        JsonObject original,
        CancellationToken cancellationToken
    )
    {
        FaultPoint.Reach("archive.before-restore");
        var path = (string)original["path"]!;
        var at = machine.At(path);
        RemoveLeftovers(at);
        var now = await ArchiveOriginal.MarkAsync(at, cancellationToken);
        var was = ArchiveOriginal.MarkOf(original);
        if (now is null && was is null)
        {
            return null;
        }

        var isOurs = change.Intents.Any(intent => (string?)intent["marks"]?[path] == now);
        string? note = null;
        if (now is not null && now != was && !isOurs)
        {
            note = await KeepAsync(machine, path, cancellationToken);
        }

        await ArchiveOriginal.RestoreAsync(machine, original, cancellationToken);
        return note;
    }

    private static async Task<string> KeepAsync(Machine machine, string path, CancellationToken cancellationToken)
    {
        var status = FileStatus.Read(machine.At(path), followLink: false)!;
        if (status.Kind == FileKind.SymbolicLink)
        {
            return $"{path} was turned to {new FileInfo(machine.At(path)).LinkTarget} after Holdfast unpacked it";
        }

        if (status.Kind != FileKind.Regular)
        {
            throw new NodeException(
                NodeReason.UndoFailed,
                $"cannot put {path} back: something that is no file is there by now; move it away"
            );
        }

        var kept = await KeptFiles.KeepAsync(machine, path, cancellationToken);
        return $"{path} was changed after Holdfast unpacked it: the changed file is kept as {kept}";
    }

    /// <summary>Of a writer that was killed before its rename.</summary>
    private static void RemoveLeftovers(string at)
    {
        AtomicFile.RemoveLeftover(at);
        var link = LinkResource.TemporaryPath(at);
        if (FileStatus.Read(link, followLink: false) is not null)
        {
            File.Delete(link);
        }
    }

    /// <summary>That of the version below is in force again.</summary>
    private static async Task RestoreManifestAsync(
        Machine machine,
        JsonObject original,
        CancellationToken cancellationToken
    )
    {
        var path = SoftwareManifest.PathOf(machine.Paths, (string)original["name"]!);
        if ((string?)original["manifest"] is { } before)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await AtomicFile.WriteAsync(path, Encoding.UTF8.GetBytes(before), cancellationToken: cancellationToken);
            return;
        }

        if (File.Exists(path))
        {
            File.Delete(path);
        }

        RemoveIfEmpty(machine.Paths.ManifestsDirectory);
    }

    private static void RemoveDownloads(Machine machine, RecordedChange change)
    {
        foreach (var hash in change.Intents.Select(intent => (string?)intent["sha256"]).OfType<string>())
        {
            var path = Path.Join(machine.Paths.DownloadsDirectory, hash);
            if (File.Exists(path))
            {
                File.Delete(path);
            }
        }

        RemoveIfEmpty(machine.Paths.DownloadsDirectory);
    }

    private static void RemoveIfEmpty(string directory)
    {
        if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
        {
            Directory.Delete(directory);
        }
    }
}
