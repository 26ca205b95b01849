using Holdfast.Hub.Controllers;
using Holdfast.Store;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class KeyQueueTests
{
    private static readonly ObjectKey A = new("r", "n", "a");
    private static readonly ObjectKey B = new("r", "n", "b");
    private readonly FakeTimeProvider clock = new();
    private readonly KeyQueue queue;

    public KeyQueueTests() => queue = new KeyQueue(clock);

    [Fact]
    public void A_key_that_waits_is_not_added_twice()
    {
        queue.Add(A);
        queue.Add(B);
        queue.Add(A);

        Assert.Equal([A, B], [Take(), Take()]);
        Assert.False(queue.TakeAsync(default).IsCompleted);
    }

    [Fact]
    public async Task A_later_key_comes_later_and_only_once()
    {
        queue.AddAfter(A, TimeSpan.FromSeconds(1));
        queue.AddAfter(A, TimeSpan.FromSeconds(100));
        queue.Add(B);
        Assert.Equal(B, Take());

        var next = queue.TakeAsync(default);
        clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(next.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(A, await next);

        var none = queue.TakeAsync(default);
        clock.Advance(TimeSpan.FromSeconds(200));
        Assert.False(none.IsCompleted);
    }

    [Fact]
    public async Task Later_keys_come_in_the_order_of_their_times()
    {
        var keys = Enumerable.Range(0, 1000).Select(i => new ObjectKey("r", "n", $"{i}")).ToList();
        foreach (var (key, i) in keys.Select((k, i) => (k, i)).Reverse())
        {
            // Each of them is set twice, the second time earlier: what is outdated must not come.
            queue.AddAfter(key, TimeSpan.FromHours(2));
            queue.AddAfter(key, TimeSpan.FromSeconds(i + 1));
        }

        foreach (var key in keys)
        {
            var next = queue.TakeAsync(default);
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(key, await next);
        }

        clock.Advance(TimeSpan.FromHours(3));
        Assert.False(queue.TakeAsync(default).IsCompleted);
    }

    [Fact]
    public void A_key_for_later_that_is_wanted_now_comes_now()
    {
        queue.AddAfter(A, TimeSpan.FromHours(1));
        queue.Add(A);

        Assert.Equal(A, Take());
    }

    [Theory]
    [InlineData(9_999_999)]
    [InlineData(2_147_483_646)]
    public async Task A_wait_longer_than_a_timer_takes_is_a_wait(long seconds)
    {
        queue.AddAfter(A, TimeSpan.FromSeconds(seconds));
        var next = queue.TakeAsync(default);
        Assert.False(next.IsCompleted);
        queue.Add(B);

        Assert.Equal(B, await next);
    }

    [Fact]
    public async Task A_key_in_back_off_is_woken_by_a_change_but_not_by_what_its_own_turn_wrote()
    {
        queue.Add(A);
        Take();
        queue.Touch(A);
        queue.BackOff(TimeSpan.FromMinutes(1));
        queue.Touch(A);
        var next = queue.TakeAsync(default);
        Assert.False(next.IsCompleted);

        queue.Add(A);
        Assert.Equal(A, await next);
    }

    [Fact]
    public void A_change_during_a_turn_that_fails_is_not_lost()
    {
        queue.Add(A);
        Take();
        queue.Add(A);
        queue.BackOff(TimeSpan.FromMinutes(1));

        Assert.Equal(A, Take());
    }

    [Fact]
    public void What_its_own_turn_wrote_brings_a_key_again_when_the_turn_succeeded()
    {
        queue.Add(A);
        Take();
        queue.Touch(A);
        queue.Done(null);

        Assert.Equal(A, Take());
    }

    private ObjectKey Take()
    {
        var next = queue.TakeAsync(default);
        Assert.True(next.IsCompletedSuccessfully);
        return next.Result;
    }
}
