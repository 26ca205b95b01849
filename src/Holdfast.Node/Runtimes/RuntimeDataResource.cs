using System.Text.Json.Nodes;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Runtimes;

/// <summary>
/// Directories that a runtime fills by itself once it runs. Comes before the runtime in a plan and is therefore taken
/// back after it: what was not there before Holdfast goes with all that is inside, what was there stays. Stateless.
/// </summary>
internal sealed class RuntimeDataResource(string runtime, IReadOnlyList<string> directories) : IResource
{
    public const string KindName = "runtime-data";

    public string Kind => KindName;

    public string Id => IdOf(runtime);

    public string Title => $"{runtime} has {directories[0]} for its data";

    public string? Why => null;

    public static string IdOf(string runtime) => $"{KindName}:{runtime}";

    /// <summary>
    /// Directories that the runtime makes beside its data, where people and other programs may have files too: they go
    /// only when they are empty.
    /// </summary>
    public IReadOnlyList<string> Shared { get; init; } = [];

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var exists = Directory.Exists(machine.At(directories[0]));
        return Task.FromResult(new Inspection(exists, exists ? "it is there" : "it is not there", null));
    }

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken)
    {
        return Task.FromResult(
            new JsonObject { ["missing"] = ListMissing(directories), ["missingShared"] = ListMissing(Shared) }
        );

        JsonArray ListMissing(IEnumerable<string> all) =>
            [.. all.Where(path => !Directory.Exists(machine.At(path))).Select(path => (JsonNode)path)];
    }

    public Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        const UnixFileMode OnlyRoot = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(machine.At(directories[0]), OnlyRoot);
        return Task.CompletedTask;
    }
}

/// <summary>
/// Removes the data that a runtime made, with the mounts below it. What another program has put there by now stays, and so
/// does a directory around it that is not empty. Stateless.
/// </summary>
internal sealed class RuntimeDataUndo : IUndo
{
    /// <summary>Directories of podman in the storage that it shares with CRI-O.</summary>
    private static readonly string[] Podman = ["libpod", "volumes"];

    public string Kind => RuntimeDataResource.KindName;

    public Task<string?> UndoAsync(Machine machine, RecordedChange change, CancellationToken cancellationToken)
    {
        string[] names = [.. change.Original["missing"]!.AsArray().Select(name => (string)name!)];
        string[] podmans =
        [
            .. names.Where(name => Podman.Any(theirs => Directory.Exists(machine.At($"{name}/{theirs}")))),
        ];
        // Directories around others go after them, and only when they are empty.
        foreach (var name in names.Except(podmans).OrderByDescending(name => name.Length))
        {
            if (names.Any(other => other.StartsWith(name + "/", StringComparison.Ordinal)))
            {
                machine.RemoveEmptyDirectory(name);
            }
            else
            {
                RemoveAll(machine.At(name));
            }
        }

        // The deepest first. Journals of older versions do not have the key.
        var shared = change.Original["missingShared"]?.AsArray().Select(name => (string)name!) ?? [];
        foreach (var name in shared.OrderByDescending(name => name.Length))
        {
            machine.RemoveEmptyDirectory(name);
        }

        return Task.FromResult<string?>(
            podmans.Length == 0 ? null : $"{string.Join(", ", podmans)} stays: podman keeps its own data there"
        );
    }

    private static void RemoveAll(string directory)
    {
        foreach (var mount in MountTable.Read().Below(directory).Reverse().ToArray())
        {
            MountTable.Unmount(mount.Target, detach: true);
        }

        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
