using Holdfast.Linux;

namespace Holdfast.Changes.Files;

/// <param name="Target">Where the link leads that is about to be made.</param>
/// <param name="LinkedTo">Where the link led that was there; null when there was none.</param>
/// <param name="File">The file that the link takes the place of, or its absence; null when a link was there.</param>
public sealed record LinkRecord(string Path, string Target, string? LinkedTo = null, FileSnapshot? File = null);

/// <summary>A symbolic link with the wanted target; a file that is in its place is recorded and comes back with undo.</summary>
public sealed class LinkChange : SimpleChange<LinkRecord>
{
    private readonly Func<Machine, CancellationToken, Task<string>> findTarget;

    public LinkChange(string path, string target, ChangeKind<LinkRecord>? kind = null)
        : base(kind ?? LinkKind, path, $"{path} leads to {target}")
    {
        findTarget = (_, _) => Task.FromResult(target);
    }

    /// <param name="findTarget">It may look at what steps before this one bring, and is asked anew at every inspection.</param>
    public LinkChange(string path, Func<Machine, CancellationToken, Task<string>> findTarget)
        : base(LinkKind, path, $"{path} leads to its target")
    {
        this.findTarget = findTarget;
    }

    public static ChangeKind<LinkRecord> LinkKind { get; } = new("link", ChangesJson.Default.LinkRecord, UndoAsync);

    public override async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var at = machine.At(Subject);
        var target = await findTarget(machine, cancellationToken);
        return FileStatus.Read(at, followLink: false) is null ? Inspection.Differs($"{Subject} does not exist")
            : AtomicLink.Read(at) is not { } now ? Inspection.Differs($"{Subject} is not a link")
            : now != target ? Inspection.Differs($"{Subject} leads to {now}")
            : Inspection.AsWanted($"{Subject} leads to {target}");
    }

    public override async Task<LinkRecord> RememberAsync(Machine machine, CancellationToken cancellationToken)
    {
        var target = await findTarget(machine, cancellationToken);
        return AtomicLink.Read(machine.At(Subject)) is { } now
            ? new LinkRecord(Subject, target, LinkedTo: now)
            : new LinkRecord(
                Subject,
                target,
                File: await FileSnapshot.TakeAsync(machine, Subject, hasSecrets: false, cancellationToken)
            );
    }

    public override async Task DoAsync(Machine machine, CancellationToken cancellationToken) =>
        AtomicLink.Make(machine.At(Subject), await findTarget(machine, cancellationToken));

    /// <summary>Puts back what the link took the place of; what someone else has put there since stays or is kept.</summary>
    internal static async Task<string?> UndoAsync(
        Machine machine,
        History<LinkRecord> history,
        CancellationToken cancellationToken
    )
    {
        var (path, _, linkedTo, file) = history.Original;
        var at = machine.At(path);
        AtomicLink.RemoveLeftover(at);
        string? note = null;
        var found = FileStatus.Read(at, followLink: false)?.Kind;
        switch (found)
        {
            case null:
                break;
            case FileKind.SymbolicLink:
                var now = AtomicLink.Read(at);
                if (now != linkedTo && history.Records.All(record => record.Target != now))
                {
                    return $"{path} was turned to {now} after Holdfast made it: it stays so";
                }

                break;
            case FileKind.Regular:
                if (file?.IsInPlace(machine, await FileSnapshot.HashAsync(at, cancellationToken)) == true)
                {
                    return null;
                }

                var kept = await EditedFileBackup.KeepAsync(machine, path, cancellationToken);
                note = $"{path} was replaced by a file after Holdfast made it: that file is kept as {kept}";
                break;
            default:
                return $"{path} was replaced after Holdfast made it: it stays so";
        }

        if (linkedTo is not null)
        {
            AtomicLink.Make(at, linkedTo);
            return note;
        }

        // The link itself, not what it leads to, makes room for the original.
        if (found is not null)
        {
            File.Delete(at);
        }

        await file!.RestoreAsync(machine, cancellationToken);
        return note;
    }
}
