using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Joining;

/// <summary>
/// Directories and files as they were before another program was let loose on them: what it adds can be told from what
/// was there. Contents lie beside the journal, where only root can read them, because keys may be among them. Stateless.
/// </summary>
internal static class TreeOriginal
{
    /// <summary>Entries; where a machine was never joined there is next to nothing.</summary>
    private const int MaxEntries = 2000;

    /// <exception cref="NodeException">There is far more than an unjoined machine has.</exception>
    public static async Task<JsonArray> RecordAsync(
        Machine machine,
        IEnumerable<string> roots,
        CancellationToken cancellationToken
    )
    {
        var entries = new JsonArray();
        foreach (var root in roots)
        {
            foreach (var path in List(machine, root))
            {
                if (entries.Count >= MaxEntries)
                {
                    throw new NodeException(
                        NodeReason.ChangeFailed,
                        $"cannot join: there are more than {MaxEntries} files below {root}, which no machine has that never "
                            + "joined; remove what an earlier join (kubeadm reset, keadm reset) or pods that are gone have left there"
                    );
                }
                entries.Add(await DescribeAsync(machine, path, cancellationToken));
            }
            if (!machine.Exists(root))
            {
                entries.Add(
                    (JsonNode)
                        new JsonObject
                        {
                            ["path"] = root,
                            ["missingDirectories"] = new JsonArray([
                                .. Parents(root).Where(p => !machine.Exists(p)).Select(p => (JsonNode)p),
                            ]),
                        }
                );
            }
        }
        return entries;
    }

    /// <summary>Takes away what was not there, and puts back what is gone or changed. Unmounts what hangs below first.</summary>
    /// <param name="roots">Below which something is taken away; what was recorded elsewhere is only put back.</param>
    public static async Task RestoreAsync(
        Machine machine,
        IReadOnlyList<string> roots,
        JsonArray entries,
        CancellationToken cancellationToken
    )
    {
        var known = entries.OfType<JsonObject>().ToDictionary(e => (string)e["path"]!);
        foreach (var root in roots)
        {
            UnmountBelow(machine, root);
            foreach (var path in List(machine, root).AsEnumerable().Reverse())
            {
                if (!IsSameKind(machine, path, known.GetValueOrDefault(path)))
                {
                    Delete(machine.At(path));
                }
            }
        }
        foreach (var entry in known.Values.Where(e => e["kind"] is not null))
        {
            await RestoreAsync(machine, entry, cancellationToken);
        }
        foreach (var entry in known.Values.Where(e => e["kind"] is null))
        {
            foreach (var directory in entry["missingDirectories"]!.AsArray())
            {
                machine.RemoveEmptyDirectory((string)directory!);
            }
        }
    }

    /// <summary>Volumes of pods are mounts: removing files through one would reach what they show.</summary>
    public static void UnmountBelow(Machine machine, string root)
    {
        var at = machine.At(root);
        foreach (var mount in Below(at))
        {
            MountTable.Unmount(mount.Target, detach: true);
        }
        if (Below(at).FirstOrDefault() is { } stuck)
        {
            throw new NodeException(
                NodeReason.UndoFailed,
                $"cannot remove {root}: {stuck.Target} is still mounted; unmount it and run: holdfast undo"
            );
        }
    }

    /// <summary>Not the directory itself: that may be a disk of its own, which was there before.</summary>
    private static MountEntry[] Below(string at) => [.. MountTable.Read().Below(at).Where(mount => mount.Target != at)];

    /// <summary>The root, if it is there, and all below it, parents before children; links are not followed.</summary>
    private static List<string> List(Machine machine, string root)
    {
        var found = new List<string>();
        Walk(root);
        return found;

        void Walk(string path)
        {
            if (FileStatus.Read(machine.At(path), followLink: false) is not { } status)
            {
                return;
            }
            found.Add(path);
            if (status.Kind != FileKind.Directory)
            {
                return;
            }
            foreach (var child in Directory.EnumerateFileSystemEntries(machine.At(path)).Order(StringComparer.Ordinal))
            {
                Walk(Path.Join(path, Path.GetFileName(child)));
            }
        }
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (var parent = Path.GetDirectoryName(path); parent is not null; parent = Path.GetDirectoryName(parent))
        {
            yield return parent;
        }
    }

    private static async Task<JsonNode> DescribeAsync(Machine machine, string path, CancellationToken cancellationToken)
    {
        var status = FileStatus.Read(machine.At(path), followLink: false)!;
        var entry =
            status.Kind == FileKind.Regular
                ? await FileOriginal.RecordAsync(machine, path, cancellationToken, hasSecrets: true)
                : new JsonObject { ["path"] = path };
        entry["kind"] = status.Kind.ToString();
        if (status.Kind == FileKind.SymbolicLink)
        {
            entry["target"] = new FileInfo(machine.At(path)).LinkTarget;
        }
        else if (status.Kind == FileKind.Directory)
        {
            entry["mode"] = Convert.ToString((int)status.Mode, 8);
            entry["uid"] = status.Owner.Uid;
            entry["gid"] = status.Owner.Gid;
        }
        return entry;
    }

    private static bool IsSameKind(Machine machine, string path, JsonObject? entry) =>
        (string?)entry?["kind"] == FileStatus.Read(machine.At(path), followLink: false)?.Kind.ToString();

    private static async Task RestoreAsync(Machine machine, JsonObject entry, CancellationToken cancellationToken)
    {
        var path = (string)entry["path"]!;
        var at = machine.At(path);
        switch ((string)entry["kind"]!)
        {
            case nameof(FileKind.Directory):
                Directory.CreateDirectory(at);
                FileOwner.Set(at, new FileOwner((uint)entry["uid"]!, (uint)entry["gid"]!));
                File.SetUnixFileMode(at, (UnixFileMode)Convert.ToInt32((string)entry["mode"]!, 8));
                break;
            case nameof(FileKind.SymbolicLink):
                if (new FileInfo(at).LinkTarget != (string)entry["target"]!)
                {
                    File.Delete(at);
                    File.CreateSymbolicLink(at, (string)entry["target"]!);
                }
                break;
            case nameof(FileKind.Regular):
                var original = FileOriginal.Parse(entry);
                if (!original.IsInPlace(machine, await FileOriginal.HashAsync(at, cancellationToken)))
                {
                    await original.RestoreAsync(machine, cancellationToken);
                }
                break;
        }
    }

    private static void Delete(string at)
    {
        if (FileStatus.Read(at, followLink: false)?.Kind == FileKind.Directory)
        {
            Directory.Delete(at);
        }
        else
        {
            File.Delete(at);
        }
    }
}
