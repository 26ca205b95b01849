using System.Collections.Concurrent;

namespace Holdfast.Node.Facts;

/// <summary>A part of the machine that could not be read.</summary>
/// <param name="Subject">As people call it: <c>swap</c>.</param>
/// <param name="Cause">What the machine answered.</param>
public sealed record UnreadFact(string Subject, string Cause);

/// <summary>
/// Reads the parts of a machine, each on a thread of its own. One that cannot be read is noted, and the others are read all the
/// same. Safe from any thread.
/// </summary>
internal sealed class FactReader(Machine machine, CancellationToken cancellationToken)
{
    private readonly ConcurrentQueue<UnreadFact> unread = new();

    public IReadOnlyList<UnreadFact> Unread => [.. unread];

    /// <param name="otherwise">What stands for the part when it cannot be read.</param>
    public async Task<T> ReadAsync<T>(string subject, T otherwise, Func<Machine, CancellationToken, Task<T>> read)
    {
        try
        {
            return await Task.Run(() => read(machine, cancellationToken), cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            unread.Enqueue(new UnreadFact(subject, failure.Message));
            return otherwise;
        }
    }

    public Task<T> ReadAsync<T>(string subject, T otherwise, Func<Machine, T> read) =>
        ReadAsync(subject, otherwise, (here, _) => Task.FromResult(read(here)));
}
