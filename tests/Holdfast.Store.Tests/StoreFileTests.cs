using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

public sealed class StoreFileTests
{
    [Fact]
    public async Task A_second_open_is_refused_with_the_process_that_has_it()
    {
        await using var temporary = await OpenAsync();
        var e = await Assert.ThrowsAsync<StoreException>(temporary.OpenAgainAsync);
        Assert.Equal(StoreReason.InUse, e.Reason);
        Assert.Contains($"process {Environment.ProcessId} ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_owner_may_read_the_files()
    {
        await using var temporary = await OpenAsync();
        await temporary.Store.CreateAsync(Pod("web"), Json("1"));
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(temporary.Options.DatabasePath)!))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_and_left_alone()
    {
        await using var temporary = await OpenAsync();
        await temporary.Store.DisposeAsync();
        Execute(temporary, "PRAGMA user_version = 99");
        var before = await File.ReadAllBytesAsync(temporary.Options.DatabasePath);
        await ObjectStoreTests.Refused(StoreReason.NewerVersion, temporary.OpenAgainAsync);
        Assert.Equal(before, await File.ReadAllBytesAsync(temporary.Options.DatabasePath));
    }

    [Fact]
    public async Task An_SQLite_file_of_another_program_is_refused()
    {
        await using var temporary = await OpenAsync();
        await temporary.Store.DisposeAsync();
        Execute(temporary, "PRAGMA application_id = 7");
        await ObjectStoreTests.Refused(StoreReason.Corrupt, temporary.OpenAgainAsync);
    }

    [Theory]
    [InlineData("garbage", 0)]
    [InlineData("cut off", 5000)]
    [InlineData("overwritten", -1)]
    public async Task A_damaged_file_is_refused_with_what_to_do(string damage, int cut)
    {
        await using var temporary = await OpenAsync();
        for (var i = 0; i < 200; i++)
        {
            await temporary.Store.CreateAsync(Pod($"p{i}"), Json(new string('x', 300)));
        }

        await temporary.Store.DisposeAsync();
        var path = temporary.Options.DatabasePath;
        var bytes = await File.ReadAllBytesAsync(path);
        switch (damage)
        {
            case "garbage":
                Random.Shared.NextBytes(bytes);
                break;
            case "cut off":
                bytes = bytes[..cut];
                break;
            default:
                bytes.AsSpan(3 * 4096, 20 * 4096).Fill(0x5a);
                break;
        }

        await File.WriteAllBytesAsync(path, bytes);
        var e = await Assert.ThrowsAsync<StoreException>(temporary.OpenAgainAsync);
        Assert.Equal(StoreReason.Corrupt, e.Reason);
        Assert.Contains("move", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_was_refused_can_be_opened_once_the_cause_is_gone()
    {
        await using var temporary = await OpenAsync();
        await temporary.Store.CreateAsync(Pod("web"), Json("1"));
        await temporary.Store.DisposeAsync();
        Execute(temporary, "PRAGMA user_version = 99");
        await ObjectStoreTests.Refused(StoreReason.NewerVersion, temporary.OpenAgainAsync);
        Execute(temporary, "PRAGMA user_version = 1");
        await temporary.StartAsync();
        Assert.NotNull(temporary.Store.Get(Pod("web")));
    }

    [Fact]
    public async Task A_place_where_no_file_can_be_made_is_unavailable()
    {
        var options = new ObjectStoreOptions { DatabasePath = "/proc/holdfast/store.db" };
        await ObjectStoreTests.Refused(
            StoreReason.Unavailable,
            () => ObjectStore.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance)
        );
    }

    private static void Execute(TemporaryStore temporary, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={temporary.Options.DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
