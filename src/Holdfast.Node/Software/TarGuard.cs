using System.Buffers;
using System.Text;

namespace Holdfast.Node.Software;

/// <summary>
/// Stands between a decompressor and the framework's tar reader and looks at every header as it passes: what would make
/// that reader take much memory, lose its place or overlook the end is refused here. For one reader.
/// Source: POSIX pax, "ustar interchange format", and GNU's tar.h.
/// </summary>
internal sealed class TarGuard(Stream inner, ArchiveLimits limits) : Stream
{
    private const int BlockLength = 512;
    private readonly byte[] header = new byte[BlockLength];
    private readonly ArrayBufferWriter<byte> extended = new();
    private int headerLength;
    private long skip;
    private long extendedLeft;
    private int headers;

    /// <summary>Whether the mark was seen that ends an archive. Without it the archive was cut short.</summary>
    public bool HasEnded { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Look(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("internal error: an archive is read asynchronously");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Look(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && !HasEnded)
        {
            int taken;
            if (skip > 0)
            {
                taken = (int)Math.Min(skip, bytes.Length);
                Collect(bytes[..taken]);
                skip -= taken;
            }
            else
            {
                taken = Math.Min(BlockLength - headerLength, bytes.Length);
                bytes[..taken].CopyTo(header.AsSpan(headerLength));
                headerLength += taken;
                if (headerLength == BlockLength)
                {
                    headerLength = 0;
                    Judge();
                }
            }

            bytes = bytes[taken..];
        }
    }

    private void Judge()
    {
        if (header.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            HasEnded = true;
            return;
        }

        RequireChecksum();
        var name = Encoding.UTF8.GetString(header.AsSpan(0, 100)).TrimEnd('\0');
        var type = (char)header[156];
        var size = ReadNumber(header.AsSpan(124, 12));
        if (size < 0)
        {
            throw ArchivePath.Refused(name, "its header has no size");
        }

        if (++headers > limits.MaxEntries * 3L)
        {
            throw Damaged("it has too many headers");
        }

        switch (type)
        {
            case '0' or '\0' or '7':
                break;
            case '1' or '2' or '3' or '4' or '5' or '6' when size == 0:
                break;
            case 'x' or 'g' or 'L' or 'K' when size <= limits.MaxHeaderLength:
                extended.Clear();
                extendedLeft = type is 'x' or 'g' ? size : 0;
                break;
            case 'x' or 'g' or 'L' or 'K':
                throw ArchivePath.Refused(name, $"its extended header has more than {limits.MaxHeaderLength} bytes");
            case >= '1' and <= '6':
                throw ArchivePath.Refused(name, "it says to have content that its kind cannot have");
            default:
                throw ArchivePath.Refused(
                    name,
                    $"this program does not know entries of type '{ArchivePath.Shown($"{type}")}'"
                );
        }

        skip = (size + BlockLength - 1) / BlockLength * BlockLength;
    }

    private void Collect(ReadOnlySpan<byte> bytes)
    {
        if (extendedLeft == 0)
        {
            return;
        }

        var taken = (int)Math.Min(extendedLeft, bytes.Length);
        extended.Write(bytes[..taken]);
        extendedLeft -= taken;
        if (extendedLeft == 0)
        {
            JudgeExtended(Encoding.UTF8.GetString(extended.WrittenSpan));
        }
    }

    /// <summary>Records <c>LENGTH key=value\n</c>. A second size would bring us and the reader apart; so would holes in files.</summary>
    private static void JudgeExtended(string records)
    {
        foreach (var record in records.Split('\n'))
        {
            var key = record[(record.IndexOf(' ', StringComparison.Ordinal) + 1)..].Split('=')[0];
            if (key == "size" || key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
            {
                throw Damaged($"it has an extended header \"{key}\", for files of 8 GiB or with holes");
            }
        }
    }

    private void RequireChecksum()
    {
        var sum = 8 * (int)' ';
        for (var i = 0; i < BlockLength; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : header[i];
        }

        if (ReadNumber(header.AsSpan(148, 8)) != sum)
        {
            throw Damaged("a header's checksum is wrong");
        }
    }

    /// <summary>Octal digits, ended by a space or NUL; -1 for anything else, GNU's binary numbers (8 GiB and more) included.</summary>
    private static long ReadNumber(ReadOnlySpan<byte> field)
    {
        var text = Encoding.ASCII.GetString(field).Trim(' ', '\0');
        var value = 0L;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7')
            {
                return -1;
            }

            value = value * 8 + (digit - '0');
        }

        return value;
    }

    private static NodeException Damaged(string how) =>
        new(NodeReason.ArchiveRefused, $"cannot read the archive: {how}");
}
