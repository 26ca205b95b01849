using System.Text;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

public sealed class ObjectStoreTests
{
    [Fact]
    public async Task A_created_object_is_read_back_with_its_revision()
    {
        await using var temporary = await OpenAsync();
        var created = await temporary.Store.CreateAsync(Pod("web"), Json("1"));
        var read = temporary.Store.Get(Pod("web"))!;
        Assert.Equal(created.Revision, read.Revision);
        Assert.Equal(created.Json.ToArray(), read.Json.ToArray());
        Assert.Equal(created.Revision, temporary.Store.Revision);
        Assert.Null(temporary.Store.Get(Pod("other")));
    }

    [Fact]
    public async Task A_new_store_starts_at_revision_one_because_zero_means_any_in_the_Kubernetes_API()
    {
        await using var temporary = await OpenAsync();
        Assert.Equal(1, temporary.Store.Revision);
        Assert.Equal(1, temporary.Store.List("pods").Revision);
    }

    [Fact]
    public async Task Each_write_gets_the_next_revision()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        var created = await store.CreateAsync(Pod("web"), Json("1"));
        var updated = await store.UpdateAsync(Pod("web"), Json("2"), created.Revision);
        var deleted = await store.DeleteAsync(Pod("web"), updated.Revision);
        Assert.Equal([2, 3, 4], [created.Revision, updated.Revision, deleted.Revision]);
        Assert.Equal(Json("2").ToArray(), deleted.Json.ToArray());
        Assert.Null(store.Get(Pod("web")));
    }

    [Fact]
    public async Task A_refused_write_says_why_and_gets_no_revision()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        var created = await store.CreateAsync(Pod("web"), Json("1"));
        await Refused(StoreReason.AlreadyExists, () => store.CreateAsync(Pod("web"), Json("2")));
        await Refused(StoreReason.Conflict, () => store.UpdateAsync(Pod("web"), Json("2"), created.Revision - 1));
        await Refused(StoreReason.Conflict, () => store.DeleteAsync(Pod("web"), created.Revision + 1));
        await Refused(StoreReason.NotFound, () => store.UpdateAsync(Pod("no"), Json("2"), 1));
        await Refused(StoreReason.NotFound, () => store.DeleteAsync(Pod("no"), null));
        Assert.Equal(created.Revision, store.Revision);
    }

    [Fact]
    public async Task An_object_bigger_than_the_limit_is_refused()
    {
        await using var temporary = await OpenAsync(o => o with { MaxObjectBytes = 100 });
        await Refused(StoreReason.TooLarge, () => temporary.Store.CreateAsync(Pod("web"), Json(new string('x', 100))));
    }

    [Fact]
    public async Task An_update_with_the_same_bytes_makes_no_revision()
    {
        await using var temporary = await OpenAsync();
        var created = await temporary.Store.CreateAsync(Pod("web"), Json("1"));
        var same = await temporary.Store.UpdateAsync(Pod("web"), Json("1"), created.Revision);
        Assert.Equal(created.Revision, same.Revision);
        Assert.Equal(created.Revision, temporary.Store.Revision);
    }

    [Fact]
    public async Task A_list_has_one_resource_in_the_order_of_namespace_and_name()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        await store.CreateAsync(Pod("b", "two"), Json("1"));
        await store.CreateAsync(Pod("c", "one"), Json("2"));
        await store.CreateAsync(Pod("a", "two"), Json("3"));
        await store.CreateAsync(new ObjectKey("nodes", "", "n"), Json("4"));
        var all = store.List("pods");
        Assert.Equal(["one/c", "two/a", "two/b"], all.Items.Select(i => $"{i.Key.Namespace}/{i.Key.Name}"));
        Assert.Equal(store.Revision, all.Revision);
        Assert.Equal(["a", "b"], store.List("pods", "two").Items.Select(i => i.Key.Name));
        Assert.Equal("n", Assert.Single(store.List("nodes").Items).Key.Name);
        Assert.Empty(store.List("secrets").Items);
    }

    [Fact]
    public async Task Objects_and_revisions_are_there_after_reopening()
    {
        await using var temporary = await OpenAsync();
        var created = await temporary.Store.CreateAsync(Pod("web"), Json("1"));
        await temporary.Store.CreateAsync(Pod("gone"), Json("1"));
        await temporary.Store.DeleteAsync(Pod("gone"), null);
        var revision = temporary.Store.Revision;
        await temporary.RestartAsync();
        Assert.Equal(revision, temporary.Store.Revision);
        Assert.Equal(created.Revision, temporary.Store.Get(Pod("web"))!.Revision);
        Assert.Null(temporary.Store.Get(Pod("gone")));
    }

    [Fact]
    public async Task Writers_in_conflict_all_succeed_by_trying_again_and_no_change_is_lost()
    {
        const int Writers = 8;
        const int ChangesEach = 50;
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        await store.CreateAsync(Pod("counter"), Encoding.UTF8.GetBytes("0"));
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(IncrementAsync)));
        Assert.Equal(Writers * ChangesEach, int.Parse(store.Get(Pod("counter"))!.Json.Span));

        async Task IncrementAsync()
        {
            for (var i = 0; i < ChangesEach; i++)
            {
                await store.UpdateAsync(
                    Pod("counter"),
                    current => Encoding.UTF8.GetBytes($"{int.Parse(current.Json.Span) + 1}"),
                    CancellationToken.None
                );
            }
        }
    }

    [Fact]
    public async Task Of_many_creators_of_one_name_exactly_one_wins()
    {
        await using var temporary = await OpenAsync();
        var tries = Enumerable.Range(0, 50).Select(i => temporary.Store.CreateAsync(Pod("web"), Json($"{i}"))).ToList();
        await Task.WhenAll(tries).ContinueWith(_ => 0, TaskScheduler.Default);
        Assert.Equal(1, tries.Count(t => t.IsCompletedSuccessfully));
        Assert.All(
            tries.Where(t => t.IsFaulted),
            t => Assert.Equal(StoreReason.AlreadyExists, ((StoreException)t.Exception!.InnerException!).Reason)
        );
    }

    [Fact]
    public async Task A_change_of_nothing_writes_nothing()
    {
        await using var temporary = await OpenAsync();
        var created = await temporary.Store.CreateAsync(Pod("web"), Json("1"));
        var same = await temporary.Store.UpdateAsync(Pod("web"), _ => null, CancellationToken.None);
        Assert.Equal(created.Revision, same.Revision);
        await Refused(
            StoreReason.NotFound,
            () => temporary.Store.UpdateAsync(Pod("no"), _ => Json("1"), CancellationToken.None)
        );
    }

    [Fact]
    public async Task A_cancelled_write_is_not_done()
    {
        await using var temporary = await OpenAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            temporary.Store.CreateAsync(Pod("web"), Json("1"), cancelled.Token)
        );
        Assert.Null(temporary.Store.Get(Pod("web")));
    }

    [Fact]
    public async Task A_closed_store_finishes_its_writes_and_refuses_new_ones()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        var writes = Enumerable.Range(0, 500).Select(i => store.CreateAsync(Pod($"p{i}"), Json("1"))).ToList();
        await store.DisposeAsync();
        await Task.WhenAll(writes);
        await Refused(StoreReason.Closed, () => store.CreateAsync(Pod("late"), Json("1")));
        Assert.Equal(StoreReason.Closed, Assert.Throws<StoreException>(() => store.Get(Pod("p1"))).Reason);
        await temporary.StartAsync();
        Assert.Equal(500, temporary.Store.List("pods").Items.Count);
    }

    internal static async Task Refused(StoreReason reason, Func<Task> write)
    {
        var e = await Assert.ThrowsAsync<StoreException>(write);
        Assert.Equal(reason, e.Reason);
        Assert.StartsWith("cannot ", e.Message, StringComparison.Ordinal);
    }
}
