using Holdfast.Hub.Controllers;
using Holdfast.Store;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class KeyQueueTests
{
    private static readonly ObjectKey A = new("r", "n", "a");
    private static readonly ObjectKey B = new("r", "n", "b");
    private readonly KeyQueue queue = new(TimeProvider.System);

    [Fact]
    public async Task A_key_that_waits_is_not_added_twice()
    {
        queue.Add(A);
        queue.Add(B);
        queue.Add(A);

        Assert.Equal([A, B], [await TakeAsync(), await TakeAsync()]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TakeAsync(100));
    }

    [Fact]
    public async Task A_later_key_comes_later_and_only_once()
    {
        queue.AddAfter(A, TimeSpan.FromMilliseconds(200));
        queue.AddAfter(A, TimeSpan.FromSeconds(100));
        queue.Add(B);

        Assert.Equal([B, A], [await TakeAsync(), await TakeAsync()]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TakeAsync(100));
    }

    [Fact]
    public async Task A_key_for_later_that_is_wanted_now_comes_now()
    {
        queue.AddAfter(A, TimeSpan.FromHours(1));
        queue.Add(A);

        Assert.Equal(A, await TakeAsync());
    }

    private async Task<ObjectKey> TakeAsync(int milliseconds = 5000)
    {
        using var limit = new CancellationTokenSource(milliseconds);
        return await queue.TakeAsync(limit.Token);
    }
}
