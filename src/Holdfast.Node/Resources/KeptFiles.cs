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
        var directory = Path.Join(machine.Paths.ChangesDirectory, ChangeJournal.KeptDirectory);
        Directory.CreateDirectory(directory);
        var stamp = machine.Time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'");
        var kept = Path.Join(directory, $"{path.Trim('/').Replace('/', '_')}.{stamp}");
        await AtomicFile.CopyAsync(machine.At(path), kept, AtomicFile.SecretMode, cancellationToken: cancellationToken);
        return kept;
    }
}
