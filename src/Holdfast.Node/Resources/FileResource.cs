using System.Text;
using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Apply;

namespace Holdfast.Node.Resources;

/// <summary>
/// A file with the wanted content, mode and owner. The content may be computed from what is there now, which is how a
/// file that belongs to somebody else is edited in place.
/// </summary>
internal sealed class FileResource : IResource
{
    /// <summary>The file was made by or for us: undo puts the original back as a whole.</summary>
    public const string WholeKind = "old-file";

    /// <summary>Key of an intent: this write began with the original.</summary>
    private const string FromOriginal = "fromOriginal";

    private readonly string path;
    private readonly Func<Machine, byte[]?, CancellationToken, Task<byte[]>> edit;

    /// <param name="edit">From the current content (null: no file) to the wanted one; pure, and a fixed point of itself.</param>
    public FileResource(string path, Func<byte[]?, byte[]> edit)
        : this(path, (_, current, _) => Task.FromResult(edit(current))) { }

    /// <param name="edit">
    /// As above, for content that depends on what steps before this one bring: it may look at the machine, and is asked anew
    /// at every inspection.
    /// </param>
    public FileResource(string path, Func<Machine, byte[]?, CancellationToken, Task<byte[]>> edit)
    {
        this.path = path;
        this.edit = edit;
        Title = $"{path} has the wanted content";
    }

    public FileResource(string path, string content)
        : this(path, _ => Encoding.UTF8.GetBytes(content)) { }

    /// <summary>Names the undo: the whole file, or one that takes only our own lines out of a file that others edit too.</summary>
    public string Kind { get; init; } = WholeKind;

    public string Id => $"{Kind}:{path}";

    public string Title { get; init; }

    public string? Why { get; init; }

    /// <summary>Null keeps the mode of an existing file; a new one gets 0644.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>Null keeps the owner of an existing file.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>The plan shows that it changes, not how.</summary>
    public bool IsSecret { get; init; }

    /// <summary>
    /// Whether somebody's password may stand in it: the original then stays out of the journal. Lines that look like one are
    /// hidden from people in any file.
    /// </summary>
    public bool MayHaveSecrets { get; init; }

    /// <summary>
    /// As long as the file is as Holdfast last wrote it, the edit begins with what was there before Holdfast: so what an older
    /// document put in, and this one does not, goes. Once somebody else has edited it, all that is in it stays.
    /// </summary>
    public bool BeginsWithOriginal { get; init; }

    /// <summary>Hides the secrets of a text before its lines are shown; null where there are none.</summary>
    public Func<string, string>? Mask { get; init; }

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var current = await machine.ReadBytesAsync(path, cancellationToken);
        var wanted = await EditAsync(machine, current, cancellationToken);
        if (current is null && wanted.Length == 0)
        {
            // An edit that has nothing to say to a file that is not there.
            return Inspection.AsWanted($"{path} does not exist, and need not");
        }

        if (current is null)
        {
            return Inspection.Differs($"{path} does not exist", Diff([], wanted));
        }

        if (!current.AsSpan().SequenceEqual(wanted))
        {
            return Inspection.Differs($"{path} differs", Diff(current, wanted));
        }

        var status = machine.Status(path)!;
        if (Mode is { } mode && mode != status.Mode)
        {
            return Inspection.Differs($"{path} has mode {Octal(status.Mode)} instead of {Octal(mode)}");
        }

        return Owner is { } owner && owner != status.Owner
            ? Inspection.Differs($"{path} belongs to {status.Owner.Uid}:{status.Owner.Gid}")
            : Inspection.AsWanted($"{path} is as wanted");
    }

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        FileOriginal.RecordAsync(
            machine,
            path,
            cancellationToken,
            hasSecrets: IsSecret || MayHaveSecrets || Mask is not null
        );

    public async Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken)
    {
        var current = await machine.ReadBytesAsync(path, cancellationToken);
        var (begin, isOriginal) = await FindBeginAsync(machine, current, cancellationToken);
        return new JsonObject
        {
            ["sha256"] = FileOriginal.Hash(await edit(machine, begin, cancellationToken)),
            [FromOriginal] = isOriginal,
        };
    }

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        var wanted = await EditAsync(machine, await machine.ReadBytesAsync(path, cancellationToken), cancellationToken);
        await machine.WriteAsync(path, wanted, Mode, Owner, cancellationToken);
    }

    private async Task<byte[]> EditAsync(Machine machine, byte[]? current, CancellationToken cancellationToken) =>
        await edit(machine, (await FindBeginAsync(machine, current, cancellationToken)).Content, cancellationToken);

    /// <summary>What the edit of this file begins with now; null where that is no file.</summary>
    public async Task<byte[]?> ReadBeginAsync(Machine machine, CancellationToken cancellationToken) =>
        (
            await FindBeginAsync(machine, await machine.ReadBytesAsync(path, cancellationToken), cancellationToken)
        ).Content;

    /// <summary>What the edit begins with, and whether that is the original.</summary>
    private async Task<(byte[]? Content, bool IsOriginal)> FindBeginAsync(
        Machine machine,
        byte[]? current,
        CancellationToken cancellationToken
    )
    {
        if (!BeginsWithOriginal)
        {
            return (current, false);
        }

        using var journal = await ChangeJournal.ReadAsync(machine.Paths, machine.Time, cancellationToken);
        var kind = Bridge.KindOf(Kind);
        if (journal.FindOpen(Id) is not { } entry)
        {
            return (current, true);
        }

        var change = Bridge.ToChange(Kind, kind.Read(entry.History));

        var original = FileOriginal.Parse(change.Original);
        var hash = current is null ? null : FileOriginal.Hash(current);
        if (hash == original.Sha256)
        {
            return (current, true);
        }

        // Any of our writes, not only the last: the intent is in the journal before the file is written.
        return change.Intents.Any(intent => (string?)intent["sha256"] == hash && (bool?)intent[FromOriginal] == true)
            ? (await original.ReadAsync(machine, cancellationToken), true)
            : (current, false);
    }

    private string? Diff(byte[] current, byte[] wanted) =>
        IsSecret ? "(secret: the content is not shown)" : UnifiedDiff.Create(Shown(current), Shown(wanted));

    private string Shown(byte[] content)
    {
        var text = Encoding.UTF8.GetString(content);
        return Mask is null ? text : Mask(text);
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
