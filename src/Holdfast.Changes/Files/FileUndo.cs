using Holdfast.Linux;

namespace Holdfast.Changes.Files;

/// <summary>
/// Puts files back. A file that still is what Holdfast wrote becomes byte for byte the original. One that someone edited
/// since is never lost: where Holdfast's lines can be told apart only they are taken out, otherwise the edited file is kept
/// beside the journal and the original put in place.
/// </summary>
public static class FileUndo
{
    /// <param name="written">SHA-256 of everything that Holdfast wrote there.</param>
    /// <param name="withoutOurs">Takes Holdfast's lines out of the text; null when they cannot be told apart.</param>
    /// <returns>What a person must know, or null.</returns>
    public static async Task<string?> PutBackAsync(
        Machine machine,
        FileSnapshot original,
        IEnumerable<string> written,
        Func<string, string>? withoutOurs,
        CancellationToken cancellationToken
    )
    {
        AtomicFile.RemoveLeftover(machine.At(original.Path));
        var current = await FileSnapshot.HashAsync(machine.At(original.Path), cancellationToken);
        if (current is null || current == original.Sha256 || written.Contains(current))
        {
            if (!original.IsInPlace(machine, current) || original.MissingDirectories.Count > 0)
            {
                await original.RestoreAsync(machine, cancellationToken);
            }

            return null;
        }

        return withoutOurs is null
            ? await KeepAndRestoreAsync(machine, original, cancellationToken)
            : await TakeOutOursAsync(machine, original, withoutOurs, cancellationToken);
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

    private static async Task<string?> KeepAndRestoreAsync(
        Machine machine,
        FileSnapshot original,
        CancellationToken cancellationToken
    )
    {
        var kept = await EditedFileBackup.KeepAsync(machine, original.Path, cancellationToken);
        await original.RestoreAsync(machine, cancellationToken);
        return $"{original.Path} was edited after Holdfast changed it: the edited file is kept as {kept}";
    }
}
