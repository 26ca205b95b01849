using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Holdfast.Linux;

namespace Holdfast.Node.Resources;

/// <summary>
/// A file as it was before the first write: content, mode, owner, and which of its parent directories were missing.
/// Immutable. Large content lies beside the journal under its hash, small content in the journal itself.
/// </summary>
internal sealed record FileOriginal(
    string Path,
    bool Exists,
    byte[]? Content,
    string? Sha256,
    UnixFileMode Mode,
    FileOwner Owner,
    IReadOnlyList<string> MissingDirectories
)
{
    /// <summary>Bytes up to which content is kept in the journal; configuration files are far smaller.</summary>
    private const int MaxInlineLength = 64 * 1024;

    private const string OriginalsDirectory = "originals";

    /// <summary>Reads the file and, when it is large, copies it beside the journal.</summary>
    /// <param name="hasSecrets">The content stays out of the journal, in a file of its own that only root can read.</param>
    public static async Task<JsonObject> RecordAsync(
        Machine machine,
        string path,
        CancellationToken cancellationToken,
        bool hasSecrets = false
    )
    {
        var original = new JsonObject { ["path"] = path };
        var missing = new JsonArray();
        for (
            var directory = System.IO.Path.GetDirectoryName(path);
            directory is not null && !machine.Exists(directory);
            directory = System.IO.Path.GetDirectoryName(directory)
        )
        {
            missing.Add((JsonNode)directory);
        }

        original["missingDirectories"] = missing;
        if (machine.Status(path) is not { } status)
        {
            return original;
        }

        if (status.Kind != FileKind.Regular)
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot change {path}: it is not a file; move it away and try again"
            );
        }

        original["mode"] = Convert.ToString((int)status.Mode, 8);
        original["uid"] = status.Owner.Uid;
        original["gid"] = status.Owner.Gid;
        if (hasSecrets || status.Length > MaxInlineLength)
        {
            original["sha256"] = await KeepAsync(machine, path, cancellationToken);
        }
        else
        {
            var content = await machine.ReadBytesAsync(path, cancellationToken) ?? [];
            original["content"] = Convert.ToBase64String(content);
            original["sha256"] = Hash(content);
        }

        return original;
    }

    public static FileOriginal Parse(JsonObject json)
    {
        var content = (string?)json["content"];
        var mode = (string?)json["mode"];
        return new FileOriginal(
            (string)json["path"]!,
            mode is not null,
            content is null ? null : Convert.FromBase64String(content),
            (string?)json["sha256"],
            mode is null ? UnixFileMode.None : (UnixFileMode)Convert.ToInt32(mode, 8),
            new FileOwner((uint?)json["uid"] ?? 0, (uint?)json["gid"] ?? 0),
            (json["missingDirectories"] as JsonArray ?? []).Select(directory => (string)directory!).ToArray()
        );
    }

    /// <summary>Whether the file is byte for byte the original, mode and owner included.</summary>
    public bool IsInPlace(Machine machine, string? currentHash) =>
        Exists
            ? currentHash == Sha256 && machine.Status(Path) is { } now && now.Mode == Mode && now.Owner == Owner
            : currentHash is null;

    /// <summary>What was in the file; null when there was none.</summary>
    public async Task<byte[]?> ReadAsync(Machine machine, CancellationToken cancellationToken) =>
        !Exists ? null : Content ?? await File.ReadAllBytesAsync(KeptPath(machine, Sha256!), cancellationToken);

    /// <summary>Puts the original in place, or removes the file and the directories that were made for it.</summary>
    public async Task RestoreAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (Exists && Content is not null)
        {
            await machine.WriteAsync(Path, Content, Mode, Owner, cancellationToken);
        }
        else if (Exists)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(machine.At(Path))!);
            await AtomicFile.CopyAsync(KeptPath(machine, Sha256!), machine.At(Path), Mode, Owner, cancellationToken);
        }
        else
        {
            machine.Remove(Path);
        }

        // Deepest first, as they were recorded; a directory that somebody else uses by now stays.
        foreach (var directory in MissingDirectories)
        {
            machine.RemoveEmptyDirectory(directory);
        }
    }

    public static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>Null when there is no file.</summary>
    public static async Task<string?> HashAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(
                path,
                FileMode.Open,
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

    private static async Task<string> KeepAsync(Machine machine, string path, CancellationToken cancellationToken)
    {
        var hash = (await HashAsync(machine.At(path), cancellationToken))!;
        var kept = KeptPath(machine, hash);
        if (!File.Exists(kept))
        {
            KeptFiles.MakeDirectory(machine, OriginalsDirectory);
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
        System.IO.Path.Join(machine.Paths.ChangesDirectory, OriginalsDirectory, hash);
}
