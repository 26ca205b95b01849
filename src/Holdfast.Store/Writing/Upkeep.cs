using Holdfast.Store.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Holdfast.Store.Writing;

/// <summary>
/// What a store that is open for months needs now and then: a look for damage in a file that is too big to be checked at
/// every open, and a rewrite of the file when most of it is free. Runs on a timer until disposed.
/// </summary>
internal sealed class Upkeep : IAsyncDisposable
{
    private readonly string path;
    private readonly Writer writer;
    private readonly ILogger logger;
    private readonly ITimer timer;

    public Upkeep(string path, Writer writer, TimeProvider time, ILogger logger)
    {
        this.path = path;
        this.writer = writer;
        this.logger = logger;
        timer = time.CreateTimer(_ => Run(), null, StoreLimits.UpkeepEvery, StoreLimits.UpkeepEvery);
    }

    public ValueTask DisposeAsync() => timer.DisposeAsync();

    private void Run()
    {
        writer.GiveBackFreePages();
        try
        {
            if (new FileInfo(path).Length <= StoreLimits.CheckedAtOpenBytes)
            {
                return;
            }

            using var connection = SqliteConnections.OpenReader(path);
            if (connection.FindDamage() is { } finding)
            {
                logger.StoreDamaged(SqliteFailure.Damaged("rely on the store", path, finding).Message);
            }
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            logger.UpkeepFailed(e.Message);
        }
    }
}
