using System.Buffers;

namespace Holdfast.Hub.Streams;

/// <summary>
/// Copies the bytes of two connections to each other until one of them ends. Who reads slowly slows the other down; nothing
/// is kept but one buffer for each direction.
/// </summary>
internal static class Splice
{
    /// <summary>A TLS record is 16 KiB; twice that lets the next one arrive while one is sent.</summary>
    private const int BufferSize = 32 << 10;

    /// <summary>
    /// How long a client may take to hang up after the runtime has. Hanging up first, while something of the client is unread,
    /// resets the connection, and the client loses what it has not read.
    /// </summary>
    private static readonly TimeSpan LingerLimit = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Stream client, Stream runtime, TimeProvider clock, CancellationToken ct)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var linger = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        await using var afterLinger = linger.Token.Register(ended.Cancel);
        var up = CopyAsync(client, runtime, drain: true, ended.Token);
        var down = CopyAsync(runtime, client, drain: false, ended.Token);
        if (await Task.WhenAny(up, down) == down)
        {
            linger.CancelAfter(LingerLimit);
            await up;
        }

        await ended.CancelAsync();
        await Task.WhenAll(up, down);
    }

    /// <param name="drain">Whether to read on after the other side has gone.</param>
    private static async Task CopyAsync(Stream from, Stream to, bool drain, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        var isDraining = false;
        try
        {
            while (await from.ReadAsync(buffer, ct) is > 0 and var count)
            {
                try
                {
                    if (!isDraining)
                    {
                        await to.WriteAsync(buffer.AsMemory(0, count), ct);
                    }
                }
                catch (IOException) when (drain)
                {
                    isDraining = true;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // A broken connection is an ended one.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
