using Holdfast.Linux;

namespace Holdfast.Changes.Files;

/// <param name="Target">Where the link leads that is about to be made.</param>
/// <param name="LinkedTo">Where the link led that was there; null when there was none.</param>
/// <param name="File">The file that the link takes the place of, or its absence; null when a link was there.</param>
public sealed record LinkRecord(string Path, string Target, string? LinkedTo = null, FileSnapshot? File = null);

/// <summary>A symbolic link with the wanted target; a file that is in its place is recorded and comes back with undo.</summary>
public sealed class LinkChange : Change<LinkRecord>
{
    private readonly string target;

    public LinkChange(string path, string target, ChangeKind<LinkRecord>? kind = null)
        : base(kind ?? LinkKind, path, $"{path} leads to {target}")
    {
        this.target = target;
    }

    public static ChangeKind<LinkRecord> LinkKind { get; } = new("link", ChangesJson.Default.LinkRecord, UndoAsync);

    public override Task<Inspection> InspectAsync(
        Machine machine,
        History<LinkRecord> history,
        CancellationToken cancellationToken
    )
    {
        var at = machine.At(Subject);
        var now = FileStatus.Read(at, followLink: false);
        return Task.FromResult(
            now is null ? Inspection.Differs($"{Subject} does not exist")
            : now.Kind != FileKind.SymbolicLink ? Inspection.Differs($"{Subject} is not a link")
            : ReadTarget(at) == target ? Inspection.AsWanted($"{Subject} leads to {target}")
            : Inspection.Differs($"{Subject} leads to {ReadTarget(at)}")
        );
    }

    public override Task<LinkRecord> RememberAsync(
        Machine machine,
        History<LinkRecord> history,
        CancellationToken cancellationToken
    ) => RememberAsync(machine, Subject, target, cancellationToken);

    public override Task DoAsync(Machine machine, History<LinkRecord> history, CancellationToken cancellationToken)
    {
        Make(machine.At(Subject), target);
        return Task.CompletedTask;
    }

    internal static async Task<LinkRecord> RememberAsync(
        Machine machine,
        string path,
        string target,
        CancellationToken cancellationToken
    ) =>
        ReadTarget(machine.At(path)) is { } now
            ? new LinkRecord(path, target, LinkedTo: now)
            : new LinkRecord(
                path,
                target,
                File: await FileSnapshot.TakeAsync(machine, path, hasSecrets: false, cancellationToken)
            );

    /// <summary>Puts back what the link took the place of; what someone else has put there since stays or is kept.</summary>
    internal static async Task<string?> UndoAsync(
        Machine machine,
        History<LinkRecord> history,
        CancellationToken cancellationToken
    )
    {
        var (path, _, linkedTo, file) = history.Original;
        var at = machine.At(path);
        Remove(TemporaryPath(at));
        var now = ReadTarget(at);
        if (now is not null && now != linkedTo && history.Records.All(record => record.Target != now))
        {
            return $"{path} was turned to {now} after Holdfast made it: it stays so";
        }

        if (now is null && FileStatus.Read(at, followLink: false) is { } found)
        {
            return await ReplaceForeignAsync(machine, history.Original, found, cancellationToken);
        }

        if (linkedTo is not null)
        {
            Make(at, linkedTo);
            return null;
        }

        // The link itself, not what it leads to, makes room for the original.
        Remove(at);
        await file!.RestoreAsync(machine, cancellationToken);
        return null;
    }

    internal static string? ReadTarget(string at) => new FileInfo(at).LinkTarget;

    /// <summary>Replaces whatever is there in one step.</summary>
    internal static void Make(string at, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(at)!);
        AtomicLink.Replace(at, target, TemporaryPath(at));
        AtomicFile.SyncDirectory(Path.GetDirectoryName(at)!);
    }

    /// <summary>Something that is no link is where Holdfast's link was.</summary>
    private static async Task<string?> ReplaceForeignAsync(
        Machine machine,
        LinkRecord original,
        FileStatus found,
        CancellationToken cancellationToken
    )
    {
        var path = original.Path;
        if (found.Kind != FileKind.Regular)
        {
            return $"{path} was replaced after Holdfast made it: it stays so";
        }

        var hash = await FileSnapshot.HashAsync(machine.At(path), cancellationToken);
        if (original.File is { } file && file.IsInPlace(machine, hash))
        {
            return null;
        }

        var kept = await EditedFileBackup.KeepAsync(machine, path, cancellationToken);
        File.Delete(machine.At(path));
        if (original.LinkedTo is { } target)
        {
            Make(machine.At(path), target);
        }
        else
        {
            await original.File!.RestoreAsync(machine, cancellationToken);
        }

        return $"{path} was replaced by a file after Holdfast made it: that file is kept as {kept}";
    }

    /// <summary>Also where the directory is gone by now.</summary>
    private static void Remove(string at)
    {
        if (FileStatus.Read(at, followLink: false) is not null)
        {
            File.Delete(at);
        }
    }

    private static string TemporaryPath(string at) => at + ".holdfast-new";
}
