using System.Text;
using Holdfast.Linux;

namespace Holdfast.Changes.Files;

/// <param name="Sha256">What is about to be written.</param>
/// <param name="FromOriginal">The edit began with the original, not with what was found.</param>
public sealed record FileRecord(FileSnapshot Before, string Sha256, bool FromOriginal = false);

/// <summary>
/// A file with the wanted content, mode and owner. The content may be computed from what is there now, which is how a
/// file that belongs to someone else is edited in place.
/// </summary>
public sealed class FileChange : Change<FileRecord>
{
    private readonly Func<Machine, byte[]?, CancellationToken, Task<byte[]>> edit;

    /// <param name="edit">
    /// From the current content (null: no file) to the wanted one; a fixed point of itself. It may look at what steps before
    /// this one bring, and is asked anew at every inspection.
    /// </param>
    /// <param name="kind">Null: undo puts the original back as a whole. See <see cref="KindOf"/>.</param>
    public FileChange(
        string path,
        Func<Machine, byte[]?, CancellationToken, Task<byte[]>> edit,
        ChangeKind<FileRecord>? kind = null
    )
        : base(kind ?? WholeKind, path, $"{path} has the wanted content")
    {
        this.edit = edit;
    }

    public FileChange(string path, Func<byte[]?, byte[]> edit, ChangeKind<FileRecord>? kind = null)
        : this(path, (_, current, _) => Task.FromResult(edit(current)), kind) { }

    public FileChange(string path, string content)
        : this(path, _ => Encoding.UTF8.GetBytes(content)) { }

    /// <summary>The file was made by or for Holdfast: undo puts the original back as a whole.</summary>
    public static ChangeKind<FileRecord> WholeKind { get; } = KindOf("file", null);

    /// <summary>Null keeps the mode of an existing file; a new one gets 0644.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Null keeps the owner of an existing file.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>The plan shows that it changes, not how.</summary>
    public bool IsSecret { get; init; }

    /// <summary>
    /// Whether a password may stand in it: the original then stays out of the journal. Lines that look like one are hidden
    /// from people in any file.
    /// </summary>
    public bool MayHaveSecrets { get; init; }

    /// <summary>
    /// As long as the file is as Holdfast last wrote it, the edit begins with what was there before Holdfast: so what an older
    /// document put in, and this one does not, goes. Once someone else has edited it, all that is in it stays.
    /// </summary>
    public bool EditsOriginal { get; init; }

    /// <summary>Hides the secrets of a text before its lines are shown; null where there are none.</summary>
    public Func<string, string>? Mask { get; init; }

    /// <summary>A kind of file from which undo takes only Holdfast's own lines when someone edited it since.</summary>
    public static ChangeKind<FileRecord> KindOf(string name, Func<string, string>? withoutOurs) =>
        new(
            name,
            ChangesJson.Default.FileRecord,
            (machine, history, token) => FileUndo.PutBackAsync(machine, history, withoutOurs, token)
        );

    public override async Task<Inspection> InspectAsync(
        Machine machine,
        History<FileRecord> history,
        CancellationToken cancellationToken
    )
    {
        var current = await machine.ReadBytesAsync(Subject, cancellationToken);
        var (wanted, _) = await EditAsync(machine, current, history, cancellationToken);
        if (current is null && wanted.Length == 0)
        {
            // An edit that has nothing to say to a file that is not there.
            return Inspection.AsWanted($"{Subject} does not exist, and need not");
        }

        if (current is null)
        {
            return Inspection.Differs($"{Subject} does not exist", Diff([], wanted));
        }

        return current.AsSpan().SequenceEqual(wanted)
            ? InspectStatus(machine.Status(Subject)!)
            : Inspection.Differs($"{Subject} differs", Diff(current, wanted));
    }

    public override async Task<FileRecord> RememberAsync(
        Machine machine,
        History<FileRecord> history,
        CancellationToken cancellationToken
    )
    {
        // What a power cut left of an earlier write is no original.
        AtomicFile.RemoveLeftover(machine.At(Subject));
        var hasSecrets = IsSecret || MayHaveSecrets || Mask is not null;
        var before = await FileSnapshot.TakeAsync(machine, Subject, hasSecrets, cancellationToken);
        var current = await before.ReadAsync(machine, cancellationToken);
        var (wanted, isFromOriginal) = await EditAsync(machine, current, history, cancellationToken);
        return new FileRecord(before, FileSnapshot.Hash(wanted), isFromOriginal);
    }

    public override async Task DoAsync(
        Machine machine,
        History<FileRecord> history,
        CancellationToken cancellationToken
    )
    {
        var current = await machine.ReadBytesAsync(Subject, cancellationToken);
        var (wanted, _) = await EditAsync(machine, current, history, cancellationToken);
        if (FileSnapshot.Hash(wanted) != history.Last.Sha256)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot write {Subject}: something else changed it just now; run the same command again"
            );
        }

        await machine.WriteAsync(Subject, wanted, Mode, Owner, cancellationToken);
    }

    /// <summary>What the edit of this file begins with; null where that is no file.</summary>
    public async Task<byte[]?> ReadBaseAsync(
        Machine machine,
        History<FileRecord> history,
        CancellationToken cancellationToken
    ) =>
        (
            await FindBaseAsync(
                machine,
                await machine.ReadBytesAsync(Subject, cancellationToken),
                history,
                cancellationToken
            )
        ).Content;

    private async Task<(byte[] Wanted, bool IsFromOriginal)> EditAsync(
        Machine machine,
        byte[]? current,
        History<FileRecord> history,
        CancellationToken cancellationToken
    )
    {
        var (content, isOriginal) = await FindBaseAsync(machine, current, history, cancellationToken);
        return (await edit(machine, content, cancellationToken), isOriginal);
    }

    private async Task<(byte[]? Content, bool IsOriginal)> FindBaseAsync(
        Machine machine,
        byte[]? current,
        History<FileRecord> history,
        CancellationToken cancellationToken
    )
    {
        if (!EditsOriginal)
        {
            return (current, false);
        }

        var hash = current is null ? null : FileSnapshot.Hash(current);
        if (history.IsEmpty || hash == history.Original.Before.Sha256)
        {
            return (current, true);
        }

        // Any of Holdfast's writes, not only the last: the record is in the journal before the file is written.
        return history.Records.Any(record => record.Sha256 == hash && record.FromOriginal)
            ? (await history.Original.Before.ReadAsync(machine, cancellationToken), true)
            : (current, false);
    }

    private Inspection InspectStatus(FileStatus status) =>
        Mode is { } mode && mode != status.Mode
            ? Inspection.Differs($"{Subject} has mode {Octal(status.Mode)} instead of {Octal(mode)}")
        : Owner is { } owner && owner != status.Owner
            ? Inspection.Differs($"{Subject} belongs to {status.Owner.Uid}:{status.Owner.Gid}")
        : Inspection.AsWanted($"{Subject} is as wanted");

    private string? Diff(byte[] current, byte[] wanted) =>
        IsSecret ? "(secret: the content is not shown)" : UnifiedDiff.Create(Shown(current), Shown(wanted));

    private string Shown(byte[] content)
    {
        var text = Encoding.UTF8.GetString(content);
        return Mask is null ? text : Mask(text);
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
