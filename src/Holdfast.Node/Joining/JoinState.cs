using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Linux;

namespace Holdfast.Node.Joining;

/// <summary>What a join leaves beside the journal while a machine is a member: what has to outlive a crash.</summary>
internal static class JoinState
{
    /// <summary>Written before a tool starts and removed when it has ended well.</summary>
    private const string Mark = "joining";

    public static bool IsUnfinished(Machine machine) => File.Exists(PathOf(machine, Mark));

    /// <summary>Whether a tool may have been at work: without its mark and its last file it never was.</summary>
    public static bool WasBegun(Machine machine, string doneFile) => IsUnfinished(machine) || machine.Exists(doneFile);

    /// <summary>Where the content of the files of snapshots is kept.</summary>
    public static string KeptIn(Machine machine) => PathOf(machine, "kept");

    public static Task BeginAsync(Machine machine, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(DirectoryOf(machine));
        return AtomicFile.WriteAsync(
            PathOf(machine, Mark),
            "joining\n"u8.ToArray(),
            cancellationToken: cancellationToken
        );
    }

    public static void Finish(Machine machine) => File.Delete(PathOf(machine, Mark));

    public static async Task<T?> ReadAsync<T>(
        Machine machine,
        string name,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    )
        where T : class =>
        File.Exists(PathOf(machine, name))
            ? JsonSerializer.Deserialize(await File.ReadAllBytesAsync(PathOf(machine, name), cancellationToken), type)
            : null;

    public static Task WriteAsync<T>(
        Machine machine,
        string name,
        T value,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    )
    {
        Directory.CreateDirectory(DirectoryOf(machine));
        return AtomicFile.WriteAsync(
            PathOf(machine, name),
            JsonSerializer.SerializeToUtf8Bytes(value, type),
            AtomicFile.SecretMode,
            cancellationToken: cancellationToken
        );
    }

    /// <summary>Forgets that there ever was a join.</summary>
    public static void Forget(Machine machine)
    {
        Kubeadm.RemoveConfig(machine);
        if (Directory.Exists(DirectoryOf(machine)))
        {
            Directory.Delete(DirectoryOf(machine), recursive: true);
        }
    }

    private static string DirectoryOf(Machine machine) => Path.Join(machine.Paths.StateDirectory, "cluster");

    private static string PathOf(Machine machine, string name) => Path.Join(DirectoryOf(machine), name);
}
