using Holdfast.Linux;

namespace Holdfast.Node.Runtimes;

/// <param name="Missing">Directories of the runtime's own that were not there.</param>
/// <param name="MissingShared">The same of those in which other programs have files too.</param>
internal sealed record RuntimeDataRecord(IReadOnlyList<string> Missing, IReadOnlyList<string> MissingShared);

/// <summary>
/// Directories that a runtime fills by itself once it runs. Comes before the runtime in a plan and is therefore taken back
/// after it: what was not there before Holdfast goes with all that is inside, what was there stays.
/// </summary>
internal sealed class RuntimeDataChange(string runtime, IReadOnlyList<string> directories)
    : SimpleChange<RuntimeDataRecord>(DataKind, runtime, $"{runtime} has {directories[0]} for its data")
{
    /// <summary>Directories of podman in the storage that it shares with CRI-O.</summary>
    private static readonly string[] Podman = ["libpod", "volumes"];

    public static ChangeKind<RuntimeDataRecord> DataKind { get; } =
        new("runtime-data", RuntimesJson.Default.RuntimeDataRecord, UndoAsync)
        {
            Destroys = history => history.Original.Missing.Count == 0 ? null : "its images, containers and their data",
        };

    /// <summary>
    /// Directories that the runtime makes beside its data, where people and other programs may have files too: they go
    /// only when they are empty.
    /// </summary>
    public IReadOnlyList<string> Shared { get; init; } = [];

    public override Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(
            Directory.Exists(machine.At(directories[0]))
                ? Inspection.AsWanted("it is there")
                : Inspection.Differs("it is not there")
        );

    public override Task<RuntimeDataRecord> RememberAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new RuntimeDataRecord(ListMissing(machine, directories), ListMissing(machine, Shared)));

    public override Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        const UnixFileMode OnlyRoot = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(machine.At(directories[0]), OnlyRoot);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Removes the data that the runtime made, with the mounts below it. What another program has put there by now stays,
    /// and so does a directory around it that is not empty.
    /// </summary>
    private static Task<string?> UndoAsync(
        Machine machine,
        History<RuntimeDataRecord> history,
        CancellationToken cancellationToken
    )
    {
        var names = history.Original.Missing;
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

        foreach (var name in history.Original.MissingShared.OrderByDescending(name => name.Length))
        {
            machine.RemoveEmptyDirectory(name);
        }

        return Task.FromResult<string?>(
            podmans.Length == 0 ? null : $"{string.Join(", ", podmans)} stays: podman keeps its own data there"
        );
    }

    private static void RemoveAll(string directory)
    {
        foreach (var mount in MountTable.Read().Below(directory))
        {
            MountTable.Unmount(mount.Target, detach: true);
        }

        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string[] ListMissing(Machine machine, IEnumerable<string> all) =>
        [.. all.Where(path => !Directory.Exists(machine.At(path)))];
}
