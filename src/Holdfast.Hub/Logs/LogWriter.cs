using System.Buffers;
using System.IO.Pipelines;

namespace Holdfast.Hub.Logs;

/// <summary>Turns lines of a container log file into what `kubectl logs` shows. Used by one request.</summary>
internal sealed class LogWriter(PipeWriter output, LogRequest request)
{
    /// <summary>The longest line kept together; runtimes write parts of 16 KiB, so a longer one is no CRI log.</summary>
    private const int MaxLine = 256 << 10;

    private const int InitialBuffer = 16 << 10;

    private byte[] buffer = new byte[InitialBuffer];
    private int filled;
    private bool isInsideLine;
    private long bytesLeft = request.LimitBytes ?? long.MaxValue;

    /// <summary>Sends what the file has from its position to its end; false when the limit is reached.</summary>
    public async Task<bool> CopyAsync(FileStream? file, CancellationToken ct)
    {
        while (file is not null && bytesLeft > 0)
        {
            var count = await file.ReadAsync(buffer.AsMemory(filled), ct);
            if (count == 0)
            {
                break;
            }

            filled += count;
            TakeLines();
            if (filled == buffer.Length)
            {
                MakeRoom();
            }

            await output.FlushAsync(ct);
        }

        return bytesLeft > 0;
    }

    private void TakeLines()
    {
        var start = 0;
        while (buffer.AsSpan(start, filled - start).IndexOf((byte)'\n') is >= 0 and var length)
        {
            WriteLine(buffer.AsSpan(start, length));
            start += length + 1;
        }

        buffer.AsSpan(start, filled - start).CopyTo(buffer);
        filled -= start;
    }

    private void MakeRoom()
    {
        if (buffer.Length < MaxLine)
        {
            Array.Resize(ref buffer, buffer.Length * 2);
            return;
        }

        Write(buffer.AsSpan(0, filled));
        filled = 0;
    }

    private void WriteLine(ReadOnlySpan<byte> line)
    {
        if (!CriLogLine.TryParse(line, out var parsed))
        {
            Write(line);
            Write("\n"u8);
            return;
        }

        if (request.Since is { } since && !parsed.IsSince(since))
        {
            return;
        }

        if (request.Timestamps && !isInsideLine)
        {
            Write(parsed.Time);
            Write(" "u8);
        }

        Write(parsed.Text);
        if (!parsed.IsPartial)
        {
            Write("\n"u8);
        }

        isInsideLine = parsed.IsPartial;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > bytesLeft)
        {
            bytes = bytes[..(int)bytesLeft];
        }

        output.Write(bytes);
        bytesLeft -= bytes.Length;
    }
}
