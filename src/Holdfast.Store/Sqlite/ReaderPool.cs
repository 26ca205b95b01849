using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Holdfast.Store.Sqlite;

/// <summary>
/// Read connections. A read takes an idle one or opens another, so it waits neither for the writer (WAL) nor for other
/// reads; only a few stay open. Thread-safe.
/// </summary>
internal sealed class ReaderPool(string path) : IDisposable
{
    private readonly ConcurrentBag<Reader> idle = [];
    private volatile bool closed;

    public T Read<T>(string doing, Func<Reader, T> read)
    {
        if (closed)
        {
            throw Closed(doing);
        }

        Reader? reader = null;
        try
        {
            reader = idle.TryTake(out var taken) ? taken : new Reader(path);
            var result = read(reader);
            Return(reader);
            reader = null;
            return result;
        }
        catch (SqliteException e)
        {
            throw e.ToStoreException(doing, path);
        }
        finally
        {
            // A connection that failed once is not trusted again.
            reader?.Dispose();
        }
    }

    public static StoreException Closed(string doing) =>
        new(StoreReason.Closed, $"cannot {doing}: the store is closed");

    public void Dispose()
    {
        closed = true;
        Drain();
    }

    private void Return(Reader reader)
    {
        if (idle.Count >= StoreLimits.IdleReaders)
        {
            reader.Dispose();
            return;
        }

        idle.Add(reader);
        if (closed)
        {
            Drain();
        }
    }

    private void Drain()
    {
        while (idle.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }
}
