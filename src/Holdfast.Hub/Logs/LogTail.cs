namespace Holdfast.Hub.Logs;

/// <summary>Finds where the last N lines of a file begin, reading backwards in blocks. Stateless.</summary>
internal static class LogTail
{
    /// <summary>Bytes read at a time: a few hundred log lines.</summary>
    private const int Block = 64 << 10;

    /// <summary>Offset of the first byte of the last <paramref name="lines"/> whole lines of text.</summary>
    public static long Find(FileStream file, long lines)
    {
        var end = file.Length;
        if (lines == 0)
        {
            return end;
        }

        var buffer = new byte[Block];
        var found = 0L;
        var isFirstByte = true;
        for (var at = end; at > 0; )
        {
            var count = (int)Math.Min(Block, at);
            at -= count;
            file.Position = at;
            file.ReadExactly(buffer, 0, count);
            for (var i = count - 1; i >= 0; i--)
            {
                // The newline that ends the last line begins no further line.
                if (buffer[i] == (byte)'\n' && !isFirstByte && ++found == lines)
                {
                    return at + i + 1;
                }

                isFirstByte = false;
            }
        }

        return 0;
    }
}
