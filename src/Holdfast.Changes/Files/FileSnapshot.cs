using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Holdfast.Changes.Journal;
using Holdfast.Linux;

namespace Holdfast.Changes.Files;

/// <summary>
/// A file as it was before a write: content, mode, owner, and which of its parent directories were missing. Large or secret
/// content lies beside the journal under its hash, small content in the journal itself.
/// </summary>
/// <param name="MissingDirectories">Deepest first.</param>
/// <param name="Mode">Octal; null when there was no file.</param>
/// <param name="Sha256">Of the content; null when there was no file.</param>
/// <param name="Label">Of SELinux; null where files have none.</param>
public sealed record FileSnapshot(
    string Path,
    IReadOnlyList<string> MissingDirectories,
    string? Mode = null,
    uint Uid = 0,
    uint Gid = 0,
    string? Sha256 = null,
    byte[]? Content = null,
    byte[]? Label = null
)
{
    /// <summary>Bytes up to which content is kept in the journal; configuration files are far smaller.</summary>
    private const int MaxInlineLength = 64 * 1024;

    [JsonIgnore]
    public bool Exists => Mode is not null;

    private UnixFileMode FileMode => (UnixFileMode)Convert.ToInt32(Mode, 8);

    private FileOwner Owner => new(Uid, Gid);

    /// <summary>Reads the file and, when it is large or secret, copies it beside the journal.</summary>
    /// <exception cref="NodeException">ChangeFailed: something that is not a file is in its place.</exception>
    public static async Task<FileSnapshot> TakeAsync(
        Machine machine,
        string path,
        bool hasSecrets,
        CancellationToken cancellationToken
    )
    {
        var missing = new FileSnapshot(path, ListMissingDirectories(machine, path));
        if (machine.Status(path) is not { } status)
        {
            return missing;
        }

        if (status.Kind != FileKind.Regular)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot change {path}: it is not a file; move it away and try again"
            );
        }

        var file = missing with
        {
            Mode = Convert.ToString((int)status.Mode, 8).PadLeft(4, '0'),
            Uid = status.Owner.Uid,
            Gid = status.Owner.Gid,
            Label = FileLabels.Read(machine.At(path)),
        };
        if (hasSecrets || status.Length > MaxInlineLength)
        {
            return file with { Sha256 = await KeepAsync(machine, path, cancellationToken) };
        }

        var content = await machine.ReadBytesAsync(path, cancellationToken) ?? [];
        return file with { Sha256 = Hash(content), Content = content };
    }

    /// <summary>What was in the file; null when there was none.</summary>
    public async Task<byte[]?> ReadAsync(Machine machine, CancellationToken cancellationToken) =>
        !Exists ? null : Content ?? await File.ReadAllBytesAsync(KeptPath(machine, Sha256!), cancellationToken);

    /// <summary>Whether the file is byte for byte as it was, with its mode, owner and label.</summary>
    public bool IsInPlace(Machine machine, string? currentHash) =>
        Exists
            ? currentHash == Sha256
                && machine.Status(Path) is { } now
                && now.Mode == FileMode
                && now.Owner == Owner
                && FileLabels.Read(machine.At(Path)).AsSpan().SequenceEqual(Label)
            : currentHash is null;

    /// <summary>Puts the file back, or removes it and the directories that were made for it.</summary>
    public async Task RestoreAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (Exists && Content is not null)
        {
            await machine.WriteAsync(Path, Content, FileMode, Owner, cancellationToken);
        }
        else if (Exists)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(machine.At(Path))!);
            await AtomicFile.CopyAsync(
                KeptPath(machine, Sha256!),
                machine.At(Path),
                FileMode,
                Owner,
                cancellationToken
            );
        }
        else
        {
            machine.Remove(Path);
        }

        FileLabels.Write(machine.At(Path), Label);

        // A directory that someone else uses by now stays.
        foreach (var directory in MissingDirectories)
        {
            machine.RemoveEmptyDirectory(directory);
        }
    }

    public static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>Of a real path; null when there is no file.</summary>
    public static async Task<string?> HashAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(
                path,
                System.IO.FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Directories that a write of this path would make, deepest first.</summary>
    internal static IReadOnlyList<string> ListMissingDirectories(Machine machine, string path)
    {
        var missing = new List<string>();
        for (
            var directory = System.IO.Path.GetDirectoryName(path);
            directory is not null && !machine.Exists(directory);
            directory = System.IO.Path.GetDirectoryName(directory)
        )
        {
            missing.Add(directory);
        }

        return missing;
    }

    private static async Task<string> KeepAsync(Machine machine, string path, CancellationToken cancellationToken)
    {
        var hash = (await HashAsync(machine.At(path), cancellationToken))!;
        var kept = KeptPath(machine, hash);
        if (!File.Exists(kept))
        {
            EditedFileBackup.MakeDirectory(machine, ChangeJournal.OriginalsDirectory);
            await AtomicFile.CopyAsync(
                machine.At(path),
                kept,
                AtomicFile.SecretMode,
                cancellationToken: cancellationToken
            );
        }

        return hash;
    }

    private static string KeptPath(Machine machine, string hash) =>
        System.IO.Path.Join(machine.Paths.ChangesDirectory, ChangeJournal.OriginalsDirectory, hash);
}
