using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>A file, directory or link as it was.</summary>
internal sealed record SnapshotEntry
{
    public required string Path { get; init; }

    public required FileKind Kind { get; init; }

    public int Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Of a regular file's content, in hexadecimal digits; null for all else.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Of a symbolic link.</summary>
    public string? Target { get; init; }

    public bool HasContentOf(SnapshotEntry? other) =>
        other is not null && Kind == other.Kind && Sha256 == other.Sha256 && Target == other.Target;
}

/// <summary>
/// What was below some directories at one time, parents before children. The content of the files is kept beside it when
/// asked for, where only root can read it, because keys may be among them.
/// </summary>
internal sealed record DirectorySnapshot(IReadOnlyList<SnapshotEntry> Entries)
{
    /// <summary>Entries; a directory of configuration has some dozens.</summary>
    private const int MaxEntries = 5000;

    private Dictionary<string, SnapshotEntry>? byPath;

    /// <param name="roots">Directories or files; one that is not there has no entry.</param>
    /// <param name="without">Directories below the roots that do not count.</param>
    /// <param name="keptIn">Where copies of the files go, named by their hash; null keeps none.</param>
    /// <exception cref="NodeException">ChangeFailed: there is far more than configuration.</exception>
    public static async Task<DirectorySnapshot> TakeAsync(
        Machine machine,
        IEnumerable<string> roots,
        IReadOnlyList<string> without,
        string? keptIn,
        CancellationToken cancellationToken
    )
    {
        var entries = new List<SnapshotEntry>();
        var paths = roots.SelectMany(root => List(machine, root)).Distinct();
        foreach (var path in paths.Where(path => !IsBelow(path, without)))
        {
            if (entries.Count >= MaxEntries)
            {
                throw new NodeException(
                    NodeReason.ChangeFailed,
                    $"cannot join: there are more than {MaxEntries} files where the agent keeps its own, the last of them {path}; "
                        + "remove what an earlier join has left there (kubeadm reset, keadm reset edge)"
                );
            }
            entries.Add(await ReadAsync(machine, path, keptIn, cancellationToken));
        }
        return new DirectorySnapshot(entries);
    }

    public SnapshotEntry? Find(string path) =>
        (byPath ??= Entries.ToDictionary(entry => entry.Path)).GetValueOrDefault(path);

    /// <summary>How a path is now; null when nothing is there.</summary>
    public static async Task<SnapshotEntry?> ReadNowAsync(
        Machine machine,
        string path,
        CancellationToken cancellationToken
    ) =>
        FileStatus.Read(machine.At(path), followLink: false) is null
            ? null
            : await ReadAsync(machine, path, keptIn: null, cancellationToken);

    /// <summary>Puts one of the entries in place. What is there is replaced.</summary>
    public static async Task RestoreAsync(
        Machine machine,
        SnapshotEntry entry,
        string keptIn,
        CancellationToken cancellationToken
    )
    {
        var at = machine.At(entry.Path);
        var owner = new FileOwner(entry.Uid, entry.Gid);
        Directory.CreateDirectory(Path.GetDirectoryName(at)!);
        switch (entry.Kind)
        {
            case FileKind.Directory:
                Directory.CreateDirectory(at);
                FileOwner.Set(at, owner);
                File.SetUnixFileMode(at, (UnixFileMode)entry.Mode);
                break;
            case FileKind.SymbolicLink:
                File.Delete(at);
                File.CreateSymbolicLink(at, entry.Target!);
                break;
            case FileKind.Regular:
                var kept = Path.Join(keptIn, entry.Sha256);
                await AtomicFile.CopyAsync(kept, at, (UnixFileMode)entry.Mode, owner, cancellationToken);
                break;
        }
    }

    /// <summary>The root, if it is there, and all below it, parents before children; links are not followed.</summary>
    public static IEnumerable<string> List(Machine machine, string root) =>
        FileStatus.Read(machine.At(root), followLink: false) switch
        {
            null => [],
            { Kind: FileKind.Directory } => Directory
                .EnumerateFileSystemEntries(machine.At(root))
                .Select(child => $"{root}/{Path.GetFileName(child)}")
                .Order(StringComparer.Ordinal)
                .SelectMany(child => List(machine, child))
                .Prepend(root),
            _ => [root],
        };

    /// <summary>Whether a path is one of the roots or below one.</summary>
    public static bool IsBelow(string path, IReadOnlyList<string> roots) =>
        roots.Any(root => path == root || path.StartsWith($"{root}/", StringComparison.Ordinal));

    private static async Task<SnapshotEntry> ReadAsync(
        Machine machine,
        string path,
        string? keptIn,
        CancellationToken cancellationToken
    )
    {
        var at = machine.At(path);
        var status = FileStatus.Read(at, followLink: false)!;
        var entry = new SnapshotEntry
        {
            Path = path,
            Kind = status.Kind,
            Mode = (int)status.Mode,
            Uid = status.Owner.Uid,
            Gid = status.Owner.Gid,
            Target = status.Kind == FileKind.SymbolicLink ? new FileInfo(at).LinkTarget : null,
        };
        if (status.Kind != FileKind.Regular)
        {
            return entry;
        }
        entry = entry with { Sha256 = await FileSnapshot.HashAsync(at, cancellationToken) };
        if (keptIn is not null && !File.Exists(Path.Join(keptIn, entry.Sha256)))
        {
            Directory.CreateDirectory(keptIn, AtomicFile.SecretMode | UnixFileMode.UserExecute);
            await AtomicFile.CopyAsync(
                at,
                Path.Join(keptIn, entry.Sha256),
                AtomicFile.SecretMode,
                cancellationToken: cancellationToken
            );
        }
        return entry;
    }
}
