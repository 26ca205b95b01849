using System.Buffers.Binary;
using Holdfast.Cri.Grpc;
using Holdfast.Testing;

namespace Holdfast.Cri.Tests.Grpc;

public sealed class MessageReaderTests
{
    private const int Limit = 64 * 1024;

    [Fact]
    public void Messages_come_out_as_they_went_in_however_the_bytes_are_cut()
    {
        Choices.Check(
            200,
            choices =>
            {
                var chunk = choices.Next(1, 50);
                var wanted = Enumerable.Range(0, choices.Next(8)).Select(_ => choices.Bytes(60)).ToList();
                Assert.Equal(wanted, ReadAll(wanted.SelectMany(FakeCall.Frame).ToArray(), chunk));
            }
        );
    }

    [Fact]
    public void Large_messages_after_small_ones_come_out_as_they_went_in()
    {
        var random = new Random(7);
        foreach (var sizes in new[] { new[] { 3, 5000, 0, 65_536 }, [4091, 4092, 4091], [65_536, 1, 40_000] })
        {
            var wanted = sizes.Select(size => RandomBytes(random, size)).ToList();
            foreach (var chunk in new[] { 1, 7, 4096, 1_000_000 })
            {
                var found = ReadAll(wanted.SelectMany(FakeCall.Frame).ToArray(), chunk);
                Assert.Equal(wanted, found);
            }
        }
    }

    [Fact]
    public void A_body_that_ends_inside_a_message_is_an_error_at_every_byte()
    {
        var bytes = FakeCall.Frame([1, 2, 3, 4]).Concat(FakeCall.Frame([5])).ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            var isWhole = length is 0 or 9;
            if (isWhole)
            {
                Assert.Equal(length / 9, ReadAll(bytes[..length], 3).Count);
            }
            else
            {
                Assert.Throws<InvalidDataException>(() => ReadAll(bytes[..length], 3));
            }
        }
    }

    [Fact]
    public void Any_bytes_end_in_messages_or_one_of_two_errors()
    {
        Choices.Check(
            5000,
            choices =>
            {
                var chunk = choices.Next(1, 9);
                byte[] bytes = choices.OneIn(2) ? [0, .. choices.Bytes(40)] : choices.Bytes(40);
                var error = Record.Exception(() => ReadAll(bytes, chunk));
                Assert.True(error is null or InvalidDataException or MessageTooLargeException, error?.ToString());
            }
        );
    }

    [Theory]
    [InlineData(Limit + 1)]
    [InlineData(uint.MaxValue)]
    public void A_message_over_the_limit_is_refused_before_memory_is_taken(uint length)
    {
        var header = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(1), length);
        var error = Assert.Throws<MessageTooLargeException>(() => ReadAll(header, 5));
        Assert.Contains(length.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compressed_message_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => ReadAll([1, 0, 0, 0, 0], 5));
    }

    private static byte[] RandomBytes(Random random, int size)
    {
        var bytes = new byte[size];
        random.NextBytes(bytes);
        return bytes;
    }

    private static List<byte[]> ReadAll(byte[] bytes, int chunk)
    {
        using var reader = new MessageReader(new ChunkedStream(bytes, chunk), Limit);
        var found = new List<byte[]>();
        while (reader.ReadAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult())
        {
            found.Add(reader.Message.ToArray());
        }

        return found;
    }

    /// <summary>Gives a few bytes at a time, as a slow peer does.</summary>
    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
