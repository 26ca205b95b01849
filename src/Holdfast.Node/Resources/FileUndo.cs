using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>
/// Puts files back. A file that still is what we wrote becomes byte for byte the original. One that somebody edited after
/// us is never lost: where our lines can be told apart only they are taken out, otherwise the edited file is kept beside
/// the journal and the original put in place. Stateless.
/// </summary>
internal sealed class OldFileUndo : IUndo
{
    private readonly Func<string, string>? withoutOurs;

    /// <param name="withoutOurs">Takes our lines out of the text; null when they cannot be told apart.</param>
    public OldFileUndo(string kind, Func<string, string>? withoutOurs = null)
    {
        Kind = kind;
        this.withoutOurs = withoutOurs;
    }

    public string Kind { get; }

    public async Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        var original = FileOriginal.Parse(change.Original);
        AtomicFile.RemoveLeftover(machine.At(original.Path));
        var current = await FileOriginal.HashAsync(machine.At(original.Path), cancellationToken);
        if (current is null || current == original.Sha256 || IsOurs(change, current))
        {
            if (!original.IsInPlace(machine, current) || original.MissingDirectories.Count > 0)
            {
                await original.RestoreAsync(machine, cancellationToken);
            }

            return null;
        }

        return withoutOurs is null
            ? await KeepAndRestoreAsync(machine, original, cancellationToken)
            : await TakeOutOursAsync(machine, original, cancellationToken);
    }

    private async Task<string?> TakeOutOursAsync(
        Machine machine,
        FileOriginal original,
        CancellationToken cancellationToken
    )
    {
        var text = ForeignText.Read(await machine.ReadBytesAsync(original.Path, cancellationToken));
        var rest = ForeignText.Write(withoutOurs!(text));
        if (rest.Length == 0 && !original.Exists)
        {
            await original.RestoreAsync(machine, cancellationToken);
            return null;
        }

        await machine.WriteAsync(original.Path, rest, mode: null, owner: null, cancellationToken);
        return FileOriginal.Hash(rest) == original.Sha256
            ? null
            : $"{original.Path} was edited after Holdfast changed it: only Holdfast's own lines were taken out";
    }

    private static async Task<string?> KeepAndRestoreAsync(
        Machine machine,
        FileOriginal original,
        CancellationToken cancellationToken
    )
    {
        var kept = await KeptFiles.KeepAsync(machine, original.Path, cancellationToken);
        await original.RestoreAsync(machine, cancellationToken);
        return $"{original.Path} was edited after Holdfast changed it: the edited file is kept as {kept}";
    }

    private static bool IsOurs(RecordedChange change, string hash) =>
        change.Intents.Any(intent => (string?)((JsonNode?)intent)?["sha256"] == hash);
}
