using Holdfast.Store.Sqlite;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

public sealed class ReaderPoolTests
{
    [Fact]
    public async Task A_read_that_fails_for_any_reason_leaves_no_connection_behind()
    {
        await using var temporary = await OpenAsync();
        var path = temporary.Options.DatabasePath;
        using var pool = new ReaderPool(path);
        var before = OpenFiles(path);
        for (var i = 0; i < 10; i++)
        {
            Assert.Throws<InvalidOperationException>(() =>
                pool.Read<int>("test", _ => throw new InvalidOperationException())
            );
        }

        // SQLite closes the file of a connection with the next one's, while another of the process may hold a lock.
        Assert.InRange(OpenFiles(path), before, before + 1);
    }

    private static int OpenFiles(string path) =>
        Directory.GetFiles("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget == path);
}
