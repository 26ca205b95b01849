using Microsoft.Data.Sqlite;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

public sealed class CompactionTests
{
    [Fact]
    public async Task The_log_stays_within_its_count_and_the_objects_stay()
    {
        await using var temporary = await OpenAsync(o => o with { MaxLogRevisions = 100 });
        await temporary.Store.CreateAsync(Pod("old"), Json("old"));
        await ChurnAsync(temporary.Store, 1000);
        Assert.InRange(Rows(temporary, "revisions"), 100, 127);
        await ExpectIntactAsync(temporary);
    }

    [Fact]
    public async Task The_log_stays_within_its_bytes()
    {
        await using var temporary = await OpenAsync(o => o with { MaxLogBytes = 10_000 });
        await temporary.Store.CreateAsync(Pod("old"), Json("old"));
        await ChurnAsync(temporary.Store, 1000);
        Assert.InRange(Rows(temporary, "revisions"), 10, 1100);
        await ExpectIntactAsync(temporary);
    }

    [Fact]
    public async Task Old_revisions_are_dropped_at_the_next_write()
    {
        var time = new ManualTime();
        await using var temporary = await OpenAsync(time: time);
        await temporary.Store.CreateAsync(Pod("old"), Json("old"));
        await ChurnAsync(temporary.Store, 100);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(101, Rows(temporary, "revisions"));
        await temporary.Store.CreateAsync(Pod("new"), Json("new"));
        Assert.Equal(3, Rows(temporary, "revisions"));
        await ExpectIntactAsync(temporary);
    }

    [Fact]
    public async Task A_state_that_outlived_compaction_goes_with_its_object()
    {
        var time = new ManualTime();
        await using var temporary = await OpenAsync(time: time);
        var store = temporary.Store;
        await store.CreateAsync(Pod("a"), Json("1"));
        var b = await store.CreateAsync(Pod("b"), Json("1"));
        time.Advance(TimeSpan.FromHours(1));
        await store.CreateAsync(Pod("c"), Json("1"));
        await store.DeleteAsync(Pod("a"), null);
        await store.UpdateAsync(Pod("b"), Json("2"), b.Revision);
        time.Advance(TimeSpan.FromHours(1));
        await store.CreateAsync(Pod("d"), Json("1"));
        Assert.Equal(3, Rows(temporary, "revisions"));
        Assert.Equal(["b", "c", "d"], store.List("pods").Items.Select(i => i.Key.Name));
    }

    [Fact]
    public async Task The_revision_never_goes_back_even_when_everything_was_deleted_and_compacted()
    {
        var time = new ManualTime();
        await using var temporary = await OpenAsync(o => o with { MaxLogRevisions = 1 }, time);
        for (var i = 0; i < 300; i++)
        {
            await temporary.Store.CreateAsync(Pod($"p{i}"), Json("1"));
            await temporary.Store.DeleteAsync(Pod($"p{i}"), null);
            time.Advance(TimeSpan.FromHours(1));
        }

        await temporary.RestartAsync();
        Assert.Equal(601, temporary.Store.Revision);
        Assert.Equal(602, (await temporary.Store.CreateAsync(Pod("next"), Json("1"))).Revision);
    }

    private static async Task ExpectIntactAsync(TemporaryStore temporary)
    {
        var before = temporary.Store.List("pods");
        Assert.Contains(before.Items, i => i.Key.Name == "old" && i.Revision == 2);
        await temporary.RestartAsync();
        var after = temporary.Store.List("pods");
        Assert.Equal(before.Revision, after.Revision);
        Assert.Equal(before.Items.Select(i => (i.Key, i.Revision)), after.Items.Select(i => (i.Key, i.Revision)));
    }

    private static async Task ChurnAsync(ObjectStore store, int writes)
    {
        var revision = (await store.CreateAsync(Pod("busy"), Json("0"))).Revision;
        for (var i = 1; i < writes; i++)
        {
            revision = (await store.UpdateAsync(Pod("busy"), Json($"{i}"), revision)).Revision;
        }
    }

    private static long Rows(TemporaryStore temporary, string table)
    {
        using var connection = new SqliteConnection(
            $"Data Source={temporary.Options.DatabasePath};Mode=ReadOnly;Pooling=False"
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {table}";
        return (long)command.ExecuteScalar()!;
    }
}
