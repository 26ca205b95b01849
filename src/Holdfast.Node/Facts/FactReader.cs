using System.Collections.Concurrent;

namespace Holdfast.Node.Facts;

/// <summary>A part of the machine that could not be read.</summary>
/// <param name="Subject">As people call it: <c>swap</c>.</param>
/// <param name="Cause">What the machine answered.</param>
public sealed record UnreadFact(string Subject, string Cause);

/// <summary>Reads the parts of a machine. One that cannot be read is noted, and the others are read all the same. Safe from any thread.</summary>
internal sealed class FactReader
{
    private readonly ConcurrentQueue<UnreadFact> unread = new();

    public IReadOnlyList<UnreadFact> Unread => [.. unread];

    /// <param name="otherwise">What stands for the part when it cannot be read.</param>
    public async Task<T> ReadAsync<T>(string subject, T otherwise, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            unread.Enqueue(new UnreadFact(subject, failure.Message));
            return otherwise;
        }
    }

    public T Read<T>(string subject, T otherwise, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            unread.Enqueue(new UnreadFact(subject, failure.Message));
            return otherwise;
        }
    }
}
