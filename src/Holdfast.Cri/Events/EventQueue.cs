using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Holdfast.Cri.Events;

/// <summary>
/// Bounded queue between the stream of a runtime and one reader. When the reader is too slow, what does not fit is
/// dropped and a Resync takes its place. One writer, one reader.
/// </summary>
internal sealed class EventQueue(int capacity, Func<RuntimeEvent> makeResync)
{
    /// <summary>
    /// Events, not bytes. 110 pods (the kubelet's usual limit) with four containers each make about 1,500 events when
    /// all are stopped and removed at once.
    /// </summary>
    public const int DefaultCapacity = 4096;

    private readonly Channel<RuntimeEvent> channel = Channel.CreateBounded<RuntimeEvent>(
        new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true }
    );
    private int overflowed;

    /// <summary>Adds an event; never waits.</summary>
    /// <returns>False when the queue is full and a Resync will stand for the event.</returns>
    public bool Write(RuntimeEvent item)
    {
        // While a Resync is due, a Resync says all; only Disconnected says more and is known again soon after.
        if (Volatile.Read(ref overflowed) == 0 && channel.Writer.TryWrite(item))
        {
            return true;
        }

        Volatile.Write(ref overflowed, 1);

        // The reader may have emptied the queue just before it could see the flag; this wakes it up.
        if (channel.Writer.TryWrite(makeResync()))
        {
            Volatile.Write(ref overflowed, 0);
        }

        return false;
    }

    public void Complete(Exception? cause = null) => channel.Writer.TryComplete(cause);

    public async IAsyncEnumerable<RuntimeEvent> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        while (await channel.Reader.WaitToReadAsync(cancellationToken))
        {
            while (channel.Reader.TryRead(out var item))
            {
                yield return item;
            }

            if (Interlocked.Exchange(ref overflowed, 0) == 1)
            {
                yield return makeResync();
            }
        }
    }
}
