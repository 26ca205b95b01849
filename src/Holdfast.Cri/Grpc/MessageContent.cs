using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Holdfast.Cri.Grpc;

/// <summary>One message as the body of a request: a byte that says "not compressed", the length, the message.</summary>
internal sealed class MessageContent : HttpContent
{
    private static readonly MediaTypeHeaderValue GrpcMediaType = new("application/grpc");

    private readonly IMessage message;
    private readonly int size;

    public MessageContent(IMessage message)
    {
        this.message = message;
        size = message.CalculateSize();
        Headers.ContentType = GrpcMediaType;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream,
        TransportContext? context,
        CancellationToken cancellationToken
    )
    {
        var length = MessageReader.HeaderSize + size;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            buffer[0] = 0;
            BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(1), (uint)size);
            message.WriteTo(buffer.AsSpan(MessageReader.HeaderSize, size));
            await stream.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = MessageReader.HeaderSize + size;
        return true;
    }
}
