namespace Holdfast.Node.Software;

/// <summary>How patient a download is.</summary>
internal sealed record DownloadLimits
{
    /// <summary>Attempts in a row at one address that bring not one byte, before the next mirror gets its turn.</summary>
    public int MaxFruitlessAttempts { get; init; } = 5;

    /// <summary>Attempts at one address altogether: a line that falls every megabyte still gets 100 MB through.</summary>
    public int MaxAttempts { get; init; } = 100;

    /// <summary>Before the second attempt; doubled for each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without a byte for so long a connection is given up: the slowest mobile lines stall for half a minute.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes; the largest archive of this field has half a GiB.</summary>
    public long MaxLength { get; init; } = 8L << 30;

    /// <summary>Bytes of a file of checksums: one with ten thousand names.</summary>
    public int MaxChecksumFileLength { get; init; } = 1024 * 1024;

    /// <summary>Progress is reported this often.</summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Exponential with a random half, so that a thousand nodes do not come back in the same moment.</summary>
    /// <param name="fruitless">Attempts in a row that failed, 1 for the first.</param>
    /// <param name="random">Between 0 and 1.</param>
    public TimeSpan DelayAfter(int fruitless, double random)
    {
        var full = Math.Min(
            LongestDelay.TotalMilliseconds,
            FirstDelay.TotalMilliseconds * Math.Pow(2, Math.Min(fruitless - 1, 30))
        );
        return TimeSpan.FromMilliseconds(full / 2 + full / 2 * random);
    }
}
