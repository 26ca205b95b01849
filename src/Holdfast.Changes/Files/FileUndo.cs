using Holdfast.Linux;

namespace Holdfast.Changes.Files;

/// <summary>
/// Puts files back. A file that still is what Holdfast wrote becomes byte for byte the original. One that someone edited
/// since is never lost: where Holdfast's lines can be told apart only they are taken out, otherwise the edited file is kept
/// beside the journal and the original put in place.
/// </summary>
public static class FileUndo
{
    /// <param name="withoutOurs">Takes Holdfast's lines out of the text; null when they cannot be told apart.</param>
    /// <returns>What a person must know, or null.</returns>
    public static async Task<string?> PutBackAsync(
        Machine machine,
        History<FileRecord> history,
        Func<string, string>? withoutOurs,
        CancellationToken cancellationToken
    )
    {
        var original = history.Original.Before;
        AtomicFile.RemoveLeftover(machine.At(original.Path));
        var current = await FileSnapshot.HashAsync(machine.At(original.Path), cancellationToken);
        var isAsWritten = history.Records.Any(record => record.Sha256 == current);
        if (current is null || current == original.Sha256 || isAsWritten)
        {
            if (!original.IsInPlace(machine, current) || original.MissingDirectories.Count > 0)
            {
                await original.RestoreAsync(machine, cancellationToken);
            }

            return null;
        }

        if (withoutOurs is not null)
        {
            return await TakeOutOursAsync(machine, original, withoutOurs, cancellationToken);
        }

        var kept = await EditedFileBackup.KeepAsync(machine, original.Path, cancellationToken);
        await original.RestoreAsync(machine, cancellationToken);
        return $"{original.Path} was edited after Holdfast changed it: the edited file is kept as {kept}";
    }

    private static async Task<string?> TakeOutOursAsync(
        Machine machine,
        FileSnapshot original,
        Func<string, string> withoutOurs,
        CancellationToken cancellationToken
    )
    {
        var text = ByteText.Read(await machine.ReadBytesAsync(original.Path, cancellationToken));
        var rest = ByteText.Write(withoutOurs(text));
        if (rest.Length == 0 && !original.Exists)
        {
            await original.RestoreAsync(machine, cancellationToken);
            return null;
        }

        await machine.WriteAsync(original.Path, rest, mode: null, owner: null, cancellationToken);
        return FileSnapshot.Hash(rest) == original.Sha256
            ? null
            : $"{original.Path} was edited after Holdfast changed it: only Holdfast's own lines were taken out";
    }
}
