using Holdfast.Cri.Events;

namespace Holdfast.Cri.Tests.Events;

public sealed class EventQueueTests
{
    [Fact]
    public async Task Events_come_out_in_order()
    {
        var queue = Queue(8);
        Assert.All(Enumerable.Range(0, 8), number => Assert.True(queue.Write(Event(number))));
        queue.Complete();
        Assert.Equal(Enumerable.Range(0, 8).Select(number => $"{number}"), await IdsAsync(queue));
    }

    [Fact]
    public async Task What_does_not_fit_is_replaced_by_one_resync_after_what_was_kept()
    {
        var queue = Queue(2);
        for (var number = 0; number < 100; number++)
        {
            queue.Write(Event(number));
        }

        queue.Complete();
        Assert.Equal(["0", "1", "resync"], await IdsAsync(queue));
    }

    [Fact]
    public async Task After_an_overflow_events_flow_again()
    {
        var queue = Queue(1);
        queue.Write(Event(0));
        queue.Write(Event(1));
        await using var reader = queue.ReadAllAsync(default).GetAsyncEnumerator();
        Assert.Equal("0", await NextAsync(reader));
        Assert.Equal("resync", await NextAsync(reader));
        queue.Write(Event(2));
        Assert.Equal("2", await NextAsync(reader));
    }

    /// <summary>The promise: whoever misses an event gets a Resync after it was written.</summary>
    [Fact]
    public async Task A_slow_reader_never_misses_anything_without_a_resync_after_it()
    {
        const int Count = 200_000;
        var queue = Queue(4);
        var writer = Task.Run(() =>
        {
            for (var number = 0; number < Count; number++)
            {
                queue.Write(Event(number));
            }

            queue.Complete();
        });
        var next = 0;
        var isGap = false;
        await foreach (var item in queue.ReadAllAsync(default))
        {
            if (item.Kind == RuntimeEventKind.Resync)
            {
                isGap = true;
                continue;
            }

            var number = int.Parse(item.Id);
            Assert.True(number == next || isGap, $"{next} to {number} are missing without a Resync");
            next = number + 1;
            isGap = false;
        }

        await writer;
        Assert.True(next == Count || isGap);
    }

    private static EventQueue Queue(int capacity) =>
        new(capacity, () => new RuntimeEvent("", RuntimeEventKind.Resync, "resync", default, null));

    private static RuntimeEvent Event(int number) => new("", RuntimeEventKind.Started, $"{number}", default, null);

    private static async Task<string> NextAsync(IAsyncEnumerator<RuntimeEvent> reader)
    {
        Assert.True(await reader.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        return reader.Current.Id;
    }

    private static async Task<List<string>> IdsAsync(EventQueue queue)
    {
        var ids = new List<string>();
        await foreach (var item in queue.ReadAllAsync(default))
        {
            ids.Add(item.Id);
        }

        return ids;
    }
}
