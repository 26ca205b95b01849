using Holdfast.Store.Watching;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

public sealed class EventFeedTests
{
    private readonly EventFeed feed = new(revision: 10, capacity: 3);
    private readonly List<StoreEvent> taken = [];

    [Fact]
    public void A_watcher_that_keeps_up_is_served_from_memory()
    {
        var watcher = new Watcher("pods", null, 10);
        Assert.Equal(FeedStep.Wait, feed.Take(watcher, taken));
        feed.Publish([Event(11), Event(12)]);
        Assert.True(watcher.Signal.Task.IsCompleted);
        Assert.Equal(FeedStep.Taken, feed.Take(watcher, taken));
        Assert.Equal([11, 12], taken.Select(e => e.Object.Revision));
        Assert.Equal(FeedStep.Wait, feed.Take(watcher, taken));
    }

    [Fact]
    public void A_watcher_behind_the_memory_is_sent_to_the_log()
    {
        feed.Publish([Event(11), Event(12), Event(13), Event(14)]);
        Assert.Equal(FeedStep.ReadLog, feed.Take(new Watcher("pods", null, 10), taken));
        Assert.Equal(FeedStep.Taken, feed.Take(new Watcher("pods", null, 11), taken));
        Assert.Equal([12, 13, 14], taken.Select(e => e.Object.Revision));
    }

    [Fact]
    public void A_waiting_watcher_is_moved_past_what_does_not_concern_it_without_being_woken()
    {
        var watcher = new Watcher("secrets", null, 10);
        Assert.Equal(FeedStep.Wait, feed.Take(watcher, taken));
        feed.Publish([Event(11), Event(12)]);
        Assert.False(watcher.Signal.Task.IsCompleted);
        Assert.Equal(12, feed.PositionWhileWaiting(watcher));

        // Its own event comes behind all that was not its: it is taken from memory, although the memory is short.
        feed.Publish([Event(13), Event(14), Event(15), Secret(16)]);
        Assert.True(watcher.Signal.Task.IsCompleted);
        Assert.Equal(12, watcher.Position);
    }

    [Fact]
    public void A_watcher_that_left_while_it_waited_is_forgotten()
    {
        var watcher = new Watcher("pods", null, 10);
        feed.Take(watcher, taken);
        feed.Leave(watcher);
        feed.Publish([Event(11)]);
        Assert.False(watcher.Signal.Task.IsCompleted);
        Assert.Null(feed.PositionWhileWaiting(watcher));
    }

    [Fact]
    public void Each_resource_of_a_commit_wakes_its_watchers()
    {
        var watchers = new[] { "secrets", "pods", "nodes" }.Select(r => new Watcher(r, null, 10)).ToList();
        watchers.ForEach(w => feed.Take(w, taken));
        feed.Publish([Secret(11), Event(12), Secret(13)]);
        Assert.Equal([true, true, false], watchers.Select(w => w.Signal.Task.IsCompleted));
    }

    [Fact]
    public void A_watcher_that_has_read_ahead_in_the_log_is_not_woken_for_what_it_has_seen()
    {
        var watcher = new Watcher("pods", null, 12);
        Assert.Equal(FeedStep.Wait, feed.Take(watcher, taken));
        feed.Publish([Event(11), Event(12)]);
        Assert.False(watcher.Signal.Task.IsCompleted);
        feed.Publish([Event(13)]);
        Assert.Equal(FeedStep.Taken, feed.Take(watcher, taken));
        Assert.Equal([13], taken.Select(e => e.Object.Revision));
    }

    [Fact]
    public void After_a_commit_that_was_reported_as_failed_but_is_on_the_disk_everybody_reads_the_log()
    {
        var watcher = new Watcher("pods", null, 10);
        Assert.Equal(FeedStep.Wait, feed.Take(watcher, taken));
        feed.Reset(12);
        Assert.True(watcher.Signal.Task.IsCompleted);
        Assert.Equal(12, feed.Revision);
        Assert.Equal(FeedStep.ReadLog, feed.Take(watcher, taken));
    }

    [Fact]
    public void After_a_commit_that_really_failed_waiting_watchers_sleep_on()
    {
        var watcher = new Watcher("pods", null, 10);
        Assert.Equal(FeedStep.Wait, feed.Take(watcher, taken));
        feed.Reset(10);
        Assert.False(watcher.Signal.Task.IsCompleted);
        feed.Publish([Event(11)]);
        Assert.Equal(FeedStep.Taken, feed.Take(watcher, taken));
    }

    private static StoreEvent Secret(long revision) =>
        new(StoreEventKind.Added, new StoredObject(new("secrets", "default", "s"), revision, Json("1")));

    private static StoreEvent Event(long revision) =>
        new(StoreEventKind.Added, new StoredObject(Pod($"p{revision}"), revision, Json("1")));
}
