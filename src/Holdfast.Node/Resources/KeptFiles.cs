using Holdfast.Linux;
using Holdfast.Node.Apply;

namespace Holdfast.Node.Resources;

/// <summary>Files that somebody edited after Holdfast made them: undo never throws them away. Stateless.</summary>
internal static class KeptFiles
{
    /// <summary>Copies a file beside the journal; only root can read the copy.</summary>
    /// <returns>Where it is kept.</returns>
    public static async Task<string> KeepAsync(Machine machine, string path, CancellationToken cancellationToken)
    {
        var directory = MakeDirectory(machine, ChangeJournal.KeptDirectory);
        var stamp = machine.Time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'");
        var kept = Path.Join(directory, $"{path.Trim('/').Replace('/', '_')}.{stamp}");
        await AtomicFile.CopyAsync(machine.At(path), kept, AtomicFile.SecretMode, cancellationToken: cancellationToken);
        return kept;
    }

    /// <summary>A directory beside the journal, for copies of files that may hold secrets: only root can look into it.</summary>
    /// <returns>Its path.</returns>
    public static string MakeDirectory(Machine machine, string name)
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var directory = Path.Join(machine.Paths.ChangesDirectory, name);
        Directory.CreateDirectory(directory, Mode);
        // One that is there from before keeps the mode it had then.
        File.SetUnixFileMode(directory, Mode);
        return directory;
    }
}
