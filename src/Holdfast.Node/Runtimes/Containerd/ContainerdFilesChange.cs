namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>What was written to both files at once.</summary>
internal sealed record ContainerdFilesRecord(FileRecord Main, FileRecord DropIn);

/// <summary>
/// The configuration of one containerd: its main file, and from 2.0 on a drop-in of Holdfast's own, which is in the schema
/// of the main file as it will be. Both are one change, since neither is right without the other.
/// </summary>
internal sealed class ContainerdFilesChange : Change<ContainerdFilesRecord>
{
    private readonly ContainerdInstance instance;
    private readonly UnixFileMode? mode;
    private readonly FileChange main;

    /// <param name="mode">Null keeps that of the files.</param>
    public ContainerdFilesChange(ContainerdInstance instance, UnixFileMode? mode)
        : base(FilesKind, instance.Runtime.ConfigFile, $"{instance.Runtime.Name} is configured")
    {
        this.instance = instance;
        this.mode = mode;
        main = new FileChange(
            instance.Runtime.ConfigFile,
            async (machine, current, token) => (await instance.ResolveAsync(machine, token)).EditMain(current)
        )
        {
            EditsOriginal = true,
            Mode = mode,
            MayHaveSecrets = true,
        };
    }

    public static ChangeKind<ContainerdFilesRecord> FilesKind { get; } =
        new("containerd-config", RuntimesJson.Default.ContainerdFilesRecord, UndoAsync);

    public override async Task<Inspection> InspectAsync(
        Machine machine,
        History<ContainerdFilesRecord> history,
        CancellationToken cancellationToken
    )
    {
        var differing = new List<(string Path, Inspection Found)>();
        foreach (var (file, past) in await ListFilesAsync(machine, history, cancellationToken))
        {
            var found = await file.InspectAsync(machine, past, cancellationToken);
            if (!found.IsAsWanted)
            {
                differing.Add((file.Subject, found));
            }
        }
        return differing.Count == 0
            ? Inspection.AsWanted($"{main.Subject} is as wanted")
            : Inspection.Differs(
                string.Join("; ", differing.Select(file => file.Found.Summary)),
                string.Join('\n', differing.Select(file => $"{file.Path}:\n{file.Found.Diff}"))
            );
    }

    public override async Task<ContainerdFilesRecord> RememberAsync(
        Machine machine,
        History<ContainerdFilesRecord> history,
        CancellationToken cancellationToken
    )
    {
        var dropIn = await DropInAsync(machine, history, cancellationToken);
        return new ContainerdFilesRecord(
            await main.RememberAsync(machine, Mains(history), cancellationToken),
            await dropIn.RememberAsync(machine, DropIns(history), cancellationToken)
        );
    }

    public override async Task DoAsync(
        Machine machine,
        History<ContainerdFilesRecord> history,
        CancellationToken cancellationToken
    )
    {
        foreach (var (file, past) in await ListFilesAsync(machine, history, cancellationToken))
        {
            if (!(await file.InspectAsync(machine, past, cancellationToken)).IsAsWanted)
            {
                await file.DoAsync(machine, past, cancellationToken);
            }
        }
    }

    /// <summary>The drop-in first: containerd does not start with an import that leads nowhere.</summary>
    private async Task<(FileChange File, History<FileRecord> Past)[]> ListFilesAsync(
        Machine machine,
        History<ContainerdFilesRecord> history,
        CancellationToken cancellationToken
    ) => [(await DropInAsync(machine, history, cancellationToken), DropIns(history)), (main, Mains(history))];

    /// <summary>What the main file will be made from decides over the drop-in.</summary>
    private async Task<FileChange> DropInAsync(
        Machine machine,
        History<ContainerdFilesRecord> history,
        CancellationToken cancellationToken
    )
    {
        var start = await main.ReadBaseAsync(machine, Mains(history), cancellationToken);
        return new FileChange(
            instance.DropIn,
            async (at, _, token) => (await instance.ResolveAsync(at, token)).MakeDropIn(start)
        )
        {
            Mode = mode,
            MayHaveSecrets = true,
        };
    }

    private static History<FileRecord> Mains(History<ContainerdFilesRecord> history) =>
        history.Select(record => record.Main);

    private static History<FileRecord> DropIns(History<ContainerdFilesRecord> history) =>
        history.Select(record => record.DropIn);

    private static async Task<string?> UndoAsync(
        Machine machine,
        History<ContainerdFilesRecord> history,
        CancellationToken cancellationToken
    )
    {
        string?[] notes =
        [
            await FileUndo.PutBackAsync(machine, Mains(history), withoutOurs: null, cancellationToken),
            await FileUndo.PutBackAsync(machine, DropIns(history), withoutOurs: null, cancellationToken),
        ];
        return notes.Any(note => note is not null) ? string.Join("; ", notes.OfType<string>()) : null;
    }
}
