using System.Buffers;
using System.Buffers.Binary;

namespace Holdfast.Cri.Grpc;

/// <summary>
/// Cuts the body of an answer into messages. The buffer is rented and reused from message to message: what
/// <see cref="Message"/> shows is valid until the next read. For one reader at a time.
/// </summary>
internal sealed class MessageReader(Stream stream, int maxMessageBytes = MessageReader.DefaultMaxMessageBytes)
    : IDisposable
{
    /// <summary>A byte that says whether the message is compressed, and its length in four bytes, big endian.</summary>
    public const int HeaderSize = 5;

    /// <summary>16 MiB, the limit of kubelet and of containerd's own clients and server (defaults.DefaultMaxRecvMsgSize).</summary>
    public const int DefaultMaxMessageBytes = 16 * 1024 * 1024;

    /// <summary>Bytes. Most answers of a runtime are smaller, so that a call needs one buffer and one read.</summary>
    private const int FirstBufferBytes = 4096;

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private int start;
    private int end;
    private int messageLength;

    /// <summary>The message that was read last.</summary>
    public ReadOnlySpan<byte> Message => buffer.AsSpan(start - messageLength, messageLength);

    /// <summary>Reads the next message.</summary>
    /// <returns>False when the body ended after a whole message.</returns>
    /// <exception cref="InvalidDataException">The body is not gRPC, or ended inside a message.</exception>
    /// <exception cref="MessageTooLargeException">The message is over the limit; nothing of it was read.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(HeaderSize, cancellationToken))
        {
            return end == start ? false : throw new InvalidDataException("the answer ended inside a message header");
        }

        var length = ParseHeader();
        if (!await FillAsync(length, cancellationToken))
        {
            throw new InvalidDataException("the answer ended inside a message");
        }

        start += length;
        messageLength = length;
        return true;
    }

    public void Dispose()
    {
        // A second return of the same array to the pool would hand it to two owners.
        var rented = Interlocked.Exchange(ref buffer, []);
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private int ParseHeader()
    {
        var header = buffer.AsSpan(start, HeaderSize);
        if (header[0] != 0)
        {
            throw new InvalidDataException(
                header[0] == 1 ? "the message is compressed, which was not asked for" : "the answer is not gRPC"
            );
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > maxMessageBytes)
        {
            throw new MessageTooLargeException(length, maxMessageBytes);
        }

        start += HeaderSize;
        return (int)length;
    }

    /// <summary>Makes that many bytes lie in the buffer from <see cref="start"/> on; false when the body ends before.</summary>
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        if (end - start >= count)
        {
            return true;
        }

        MakeRoom(count);
        while (end - start < count)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(end), cancellationToken);
            if (read == 0)
            {
                return false;
            }

            end += read;
        }

        return true;
    }

    private void MakeRoom(int count)
    {
        if (buffer.Length - start >= count)
        {
            return;
        }

        var target = count > buffer.Length ? ArrayPool<byte>.Shared.Rent(count) : buffer;
        buffer.AsSpan(start, end - start).CopyTo(target);
        end -= start;
        start = 0;
        if (target != buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = target;
        }
    }
}

/// <summary>A message is larger than the reader takes.</summary>
internal sealed class MessageTooLargeException(long length, int limit)
    : Exception($"the answer has {length} bytes, the limit is {limit}");
