using System.Text;
using Holdfast.Hub.Json;

namespace Holdfast.Hub.Logs;

/// <summary>
/// One line of a container log file: <c>TIME STREAM TAG[:TAG] TEXT</c>, where tag P is a part of a longer line and F its end.
/// Format: kubernetes/design-proposals, kubelet-cri-logging.md.
/// </summary>
internal readonly ref struct CriLogLine
{
    private CriLogLine(ReadOnlySpan<byte> time, ReadOnlySpan<byte> text, bool isPartial)
    {
        Time = time;
        Text = text;
        IsPartial = isPartial;
    }

    public ReadOnlySpan<byte> Time { get; }
    public ReadOnlySpan<byte> Text { get; }
    public bool IsPartial { get; }

    /// <summary>False for a line in no such form; its bytes are then passed on as they are.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out CriLogLine parsed)
    {
        parsed = default;
        var time = Word(ref line);
        var stream = Word(ref line);
        var tags = Word(ref line);
        if (time.IsEmpty || !(stream.SequenceEqual("stdout"u8) || stream.SequenceEqual("stderr"u8)) || tags.IsEmpty)
        {
            return false;
        }

        parsed = new(time, line, tags[0] == (byte)'P');
        return true;
    }

    public bool IsSince(DateTimeOffset since) =>
        JsonReading.ParseTime(Encoding.ASCII.GetString(Time)) is not { } time || time >= since;

    private static ReadOnlySpan<byte> Word(scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf((byte)' ');
        if (end < 0)
        {
            // "TIME STREAM F" without text: an empty line that lost its last blank.
            var all = rest;
            rest = [];
            return all;
        }

        var word = rest[..end];
        rest = rest[(end + 1)..];
        return word;
    }
}
