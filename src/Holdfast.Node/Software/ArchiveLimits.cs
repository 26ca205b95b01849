namespace Holdfast.Node.Software;

/// <summary>How much an archive may do to a machine before it is refused as a bomb. Immutable.</summary>
internal sealed record ArchiveLimits
{
    /// <summary>Files, directories and links. Kata's static archive has under a thousand.</summary>
    public int MaxEntries { get; init; } = 50_000;

    /// <summary>Bytes of all files together. Kata's static archive has about 1.5 GiB.</summary>
    public long MaxBytes { get; init; } = 16L << 30;

    /// <summary>Bytes of a name or of a link's target: what the kernel takes (PATH_MAX).</summary>
    public int MaxPathLength { get; init; } = 4095;

    /// <summary>Bytes of one part of a name: what the kernel takes (NAME_MAX).</summary>
    public int MaxNameLength { get; init; } = 255;

    /// <summary>Directories in each other; the deepest real archive has a dozen.</summary>
    public int MaxDepth { get; init; } = 64;

    /// <summary>Bytes of an extended header, which is read into memory: a long name with some attributes.</summary>
    public int MaxHeaderLength { get; init; } = 64 * 1024;

    /// <summary>Bytes behind the end mark; tar pads to its blocking factor, by default 10 KiB.</summary>
    public int MaxPadding { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of the disk that stay free for everything else that runs.</summary>
    public long FreeDiskReserve { get; init; } = 256L << 20;
}
