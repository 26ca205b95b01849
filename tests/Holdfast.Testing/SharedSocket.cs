using System.Buffers;
using System.IO.Pipelines;

namespace Holdfast.Testing;

/// <summary>
/// What stands before CRI-O's gRPC server on the socket that it shares with pages of HTTP/1.1 (github.com/soheilhy/cmux,
/// HTTP2MatchHeaderFieldSendSettings): it answers the client's SETTINGS by its own, reads until the first HEADERS, and only
/// then lets the server see the connection, from its beginning. Stateless.
/// </summary>
internal static class SharedSocket
{
    private const int PrefaceLength = 24;
    private const int FrameHeaderLength = 9;
    private const byte Headers = 1;
    private const byte Settings = 4;

    /// <summary>Neither payload nor flags, on the connection itself.</summary>
    private static readonly byte[] EmptySettings = [0, 0, 0, Settings, 0, 0, 0, 0, 0];

    public static async Task MatchAsync(IDuplexPipe transport, CancellationToken cancellationToken)
    {
        var hasAnswered = false;
        while (true)
        {
            var read = await transport.Input.ReadAsync(cancellationToken);
            var types = ListFrames(read.Buffer.ToArray());
            if (!hasAnswered && types.Contains(Settings))
            {
                hasAnswered = true;
                await transport.Output.WriteAsync(EmptySettings, cancellationToken);
            }

            if (types.Contains(Headers) || read.IsCompleted)
            {
                transport.Input.AdvanceTo(read.Buffer.Start);
                return;
            }

            transport.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Types of the frames whose heads are there.</summary>
    private static List<byte> ListFrames(byte[] bytes)
    {
        var types = new List<byte>();
        var at = PrefaceLength;
        while (at + FrameHeaderLength <= bytes.Length)
        {
            types.Add(bytes[at + 3]);
            at += FrameHeaderLength + (bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2]);
        }

        return types;
    }
}
