using Holdfast.Linux;

namespace Holdfast.Node.Probe;

/// <summary>
/// That pods have still to be proven to run: on the disk before the first change of an <c>up</c> and until a probe has
/// passed, so that neither a failed probe nor a crash is forgotten. For the holder of the journal.
/// </summary>
public sealed class PendingProof(NodePaths paths)
{
    private string FilePath => Path.Join(paths.ChangesDirectory, "proof-pending");

    public bool Exists => File.Exists(FilePath);

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (!Exists)
        {
            await AtomicFile.WriteAsync(
                FilePath,
                ReadOnlyMemory<byte>.Empty,
                AtomicFile.SecretMode,
                null,
                cancellationToken
            );
        }
    }

    /// <summary>Every handler of every runtime has run a pod.</summary>
    public void Pass()
    {
        if (Exists)
        {
            File.Delete(FilePath);
            AtomicFile.SyncDirectory(paths.ChangesDirectory);
        }
    }
}
