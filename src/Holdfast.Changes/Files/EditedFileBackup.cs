using Holdfast.Changes.Journal;
using Holdfast.Linux;

namespace Holdfast.Changes.Files;

/// <summary>Files that someone edited after Holdfast wrote them: undo never throws them away.</summary>
public static class EditedFileBackup
{
    /// <summary>Copies a file beside the journal; only root can read the copy.</summary>
    /// <returns>Where it is kept.</returns>
    public static async Task<string> KeepAsync(Machine machine, string path, CancellationToken cancellationToken)
    {
        var directory = MakeDirectory(machine, ChangeJournal.KeptDirectory);
        var stamp = machine.Time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'");
        // "_" is escaped too, so that /etc/a_b and /etc/a/b never share a name.
        var name = path.Trim('/').Replace("_", "__").Replace('/', '_');
        var kept = Path.Join(directory, $"{name}.{stamp}");
        await AtomicFile.CopyAsync(machine.At(path), kept, AtomicFile.SecretMode, cancellationToken: cancellationToken);
        return kept;
    }

    /// <summary>A directory beside the journal, for copies of files that may hold secrets: only root can look into it.</summary>
    /// <returns>Its path.</returns>
    internal static string MakeDirectory(Machine machine, string name)
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var directory = Path.Join(machine.Paths.ChangesDirectory, name);
        Directory.CreateDirectory(directory, Mode);
        // One that is there from before keeps the mode it had then.
        File.SetUnixFileMode(directory, Mode);
        return directory;
    }
}
