using System.Text;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

public sealed class WatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_watch_from_a_list_sees_every_later_write_in_order()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        await store.CreateAsync(Pod("before"), Json("0"));
        await using var watch = new Watch(store, "pods", null, store.List("pods").Revision);
        var created = await store.CreateAsync(Pod("web"), Json("1"));
        await store.UpdateAsync(Pod("web"), Json("2"), created.Revision);
        await store.DeleteAsync(Pod("web"), null);
        Assert.Equal(["Added web 1", "Modified web 2", "Deleted web 2"], await watch.TakeAsync(3));
    }

    /// <summary>A list reads what is committed, which is a moment before the watchers are told of it.</summary>
    [Fact]
    public async Task A_watch_from_a_list_is_never_refused_however_fresh_the_list_is()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < 1500; i++)
            {
                await store.CreateAsync(Pod($"p{i}"), Json("1"));
            }
        });
        while (!writing.IsCompleted)
        {
            var revision = store.List("secrets").Revision;
            using var stop = new CancellationTokenSource();
            await using var watch = store
                .WatchAsync("secrets", null, revision, stop.Token)
                .GetAsyncEnumerator(stop.Token);
            var next = watch.MoveNextAsync();
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        }

        await writing;
    }

    [Fact]
    public async Task A_watch_knows_its_position_while_its_resource_is_quiet()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        using var watch = store.Watch("pods", null, store.Revision);
        var next = watch.ReadAsync(default).AsTask();
        for (var i = 0; i < 10; i++)
        {
            await store.CreateAsync(new ObjectKey("secrets", "one", $"s{i}"), Json("1"));
        }

        Assert.Equal(store.Revision, watch.Position);
        var quiet = store.Revision;
        var pod = await store.CreateAsync(Pod("a"), Json("1"));
        Assert.Equal(quiet, watch.Position);
        Assert.Equal(pod.Revision, Assert.Single(await next).Object.Revision);
        Assert.Equal(quiet, watch.Position);
        using var stop = new CancellationTokenSource();
        next = watch.ReadAsync(stop.Token).AsTask();
        Assert.Equal(pod.Revision, watch.Position);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task A_watch_sees_only_its_resource_and_namespace()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        await using var watch = new Watch(store, "pods", "one", store.Revision);
        await store.CreateAsync(Pod("a", "two"), Json("1"));
        await store.CreateAsync(new ObjectKey("secrets", "one", "b"), Json("1"));
        await store.CreateAsync(Pod("c", "one"), Json("1"));
        Assert.Equal(["Added c 1"], await watch.TakeAsync(1));
    }

    [Fact]
    public async Task A_watch_goes_back_beyond_the_memory_and_beyond_a_restart()
    {
        const int Writes = 3 * StoreLimits.RecentEvents;
        await using var temporary = await OpenAsync();
        for (var i = 0; i < Writes; i++)
        {
            await temporary.Store.CreateAsync(Pod($"p{i}"), Json($"{i}"));
        }

        await using var fromMemoryAndLog = new Watch(temporary.Store, "pods", null, 1);
        await ExpectAllAsync(fromMemoryAndLog);
        await temporary.RestartAsync();
        await using var fromLog = new Watch(temporary.Store, "pods", null, 1);
        await ExpectAllAsync(fromLog);

        static async Task ExpectAllAsync(Watch watch) =>
            Assert.Equal(Enumerable.Range(0, Writes).Select(i => $"Added p{i} {i}"), await watch.TakeAsync(Writes));
    }

    [Fact]
    public async Task A_slow_watcher_neither_holds_up_writers_nor_loses_an_event()
    {
        const int Writes = 5 * StoreLimits.RecentEvents;
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        await using var slow = new Watch(store, "pods", null, store.Revision);
        var first = await store.CreateAsync(Pod("web"), Json("0"));
        Assert.Single(await slow.TakeAsync(1));
        var revision = first.Revision;
        for (var i = 1; i <= Writes; i++)
        {
            revision = (await store.UpdateAsync(Pod("web"), Json($"{i}"), revision)).Revision;
        }

        Assert.Equal(Enumerable.Range(1, Writes).Select(i => $"Modified web {i}"), await slow.TakeAsync(Writes));
    }

    [Fact]
    public async Task Big_objects_leave_the_memory_early_and_still_reach_every_watcher()
    {
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        await using var watch = new Watch(store, "pods", null, store.Revision);
        for (var i = 0; i < 10; i++)
        {
            await store.CreateAsync(Pod($"p{i}"), Json(new string('x', StoreLimits.RecentBytes - 100 + (i * 50))));
        }

        Assert.Equal(10, (await watch.TakeAsync(10)).Count);
    }

    [Fact]
    public async Task A_watch_from_what_was_compacted_is_too_old()
    {
        await using var temporary = await OpenAsync(o => o with { MaxLogRevisions = 10, RecentEvents = 10 });
        await ChurnAsync(temporary.Store, 100);
        await ObjectStoreTests.Refused(
            StoreReason.TooOld,
            async () => await new Watch(temporary.Store, "pods", null, 1).TakeAsync(1)
        );
    }

    [Fact]
    public async Task A_watch_from_the_future_is_refused_because_it_belongs_to_another_store()
    {
        await using var temporary = await OpenAsync();
        await ObjectStoreTests.Refused(
            StoreReason.TooOld,
            async () => await new Watch(temporary.Store, "pods", null, 1000).TakeAsync(1)
        );
    }

    [Fact]
    public async Task A_watch_of_a_quiet_resource_never_gets_too_old_because_others_are_busy()
    {
        await using var temporary = await OpenAsync(o => o with { MaxLogRevisions = 10 });
        var store = temporary.Store;
        await using var quiet = new Watch(store, "secrets", null, store.Revision);
        var next = quiet.TakeAsync(1);
        await ChurnAsync(store, 5 * StoreLimits.RecentEvents);
        Assert.False(next.IsCompleted);
        await store.CreateAsync(new ObjectKey("secrets", "default", "s"), Json("1"));
        Assert.Equal(["Added s 1"], await next);
    }

    [Fact]
    public async Task A_watch_ends_when_it_is_cancelled_or_the_store_is_closed()
    {
        await using var temporary = await OpenAsync();
        await using var cancelled = new Watch(temporary.Store, "pods", null, 1);
        var waiting = cancelled.TakeAsync(1);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await using var open = new Watch(temporary.Store, "pods", null, 1);
        waiting = open.TakeAsync(1);
        await temporary.Store.DisposeAsync();
        await ObjectStoreTests.Refused(StoreReason.Closed, () => waiting);
    }

    [Fact]
    public async Task Many_watchers_beside_many_writers_all_see_the_same_gapless_stream()
    {
        const int Watchers = 16;
        const int Writers = 4;
        const int WritesEach = 200;
        await using var temporary = await OpenAsync();
        var store = temporary.Store;
        var watches = Enumerable
            .Range(0, Watchers)
            .Select(_ => new Watch(store, "pods", null, store.Revision))
            .ToList();
        var streams = watches.Select(w => Task.Run(() => w.TakeAsync(Writers * WritesEach))).ToList();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(w))));
        var all = await Task.WhenAll(streams);
        Assert.All(all, stream => Assert.Equal(all[0], stream));
        Assert.Equal(Writers * WritesEach, all[0].Distinct().Count());
        foreach (var watch in watches)
        {
            await watch.DisposeAsync();
        }

        async Task WriteAsync(int writer)
        {
            for (var i = 0; i < WritesEach; i++)
            {
                await store.CreateAsync(Pod($"w{writer}-{i}"), Json($"{i}"));
            }
        }
    }

    private static async Task ChurnAsync(ObjectStore store, int writes)
    {
        var revision = (await store.CreateAsync(Pod("busy"), Json("0"))).Revision;
        for (var i = 1; i < writes; i++)
        {
            revision = (await store.UpdateAsync(Pod("busy"), Json($"{i}"), revision)).Revision;
        }
    }

    /// <summary>A watch that is read only when the test asks. It checks that revisions grow.</summary>
    private sealed class Watch(ObjectStore store, string resource, string? ns, long after) : IAsyncDisposable
    {
        private readonly CancellationTokenSource cancellation = new();
        private IAsyncEnumerator<StoreEvent>? events;
        private long last;

        public async Task<IReadOnlyList<string>> TakeAsync(int count)
        {
            events ??= store.WatchAsync(resource, ns, last = after, cancellation.Token).GetAsyncEnumerator();
            var taken = new List<string>();
            while (taken.Count < count)
            {
                Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
                var stored = events.Current.Object;
                Assert.True(stored.Revision > last, $"revision {stored.Revision} came after {last}");
                last = stored.Revision;
                taken.Add(
                    $"{events.Current.Kind} {stored.Key.Name} {Encoding.UTF8.GetString(stored.Json.Span)[6..^2]}"
                );
            }

            return taken;
        }

        public Task CancelAsync() => cancellation.CancelAsync();

        public async ValueTask DisposeAsync()
        {
            await cancellation.CancelAsync();
            cancellation.Dispose();
            if (events is not null)
            {
                await events.DisposeAsync();
            }
        }
    }
}
