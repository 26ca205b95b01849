namespace Holdfast.Store;

/// <summary>Where the store lies and how much it keeps. Immutable. The defaults are for a small edge node.</summary>
public sealed record ObjectStoreOptions
{
    /// <summary>Absolute path of the database file; SQLite's <c>-wal</c> and <c>-shm</c> and our <c>.lock</c> lie beside it.</summary>
    public required string DatabasePath { get; init; }

    /// <summary>Revisions a watcher can go back. 10,000: a busy node writes a few per second, so this is most of an hour.</summary>
    public int MaxLogRevisions { get; init; } = 10_000;

    /// <summary>Age a watcher can go back. 15 minutes: three times what kube-apiserver grants (it compacts every 5).</summary>
    public TimeSpan MaxLogAge { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Bytes of JSON in the log. 16 MiB: 5,000 revisions of a usual 3 KB pod, and bearable on a small flash.</summary>
    public long MaxLogBytes { get; init; } = 16L << 20;

    /// <summary>Biggest object in bytes. 1.5 MiB: etcd's request limit, so what fits a cluster fits here.</summary>
    public int MaxObjectBytes { get; init; } = 1536 << 10;

    /// <summary>Tests make the write-ahead log "large" earlier.</summary>
    internal long WalWarnedBytes { get; init; } = StoreLimits.WalWarnedBytes;

    /// <summary>Tests make the memory for recent events small, to see watchers fall back to the log.</summary>
    internal int RecentEvents { get; init; } = StoreLimits.RecentEvents;

    internal string SayTooLarge(int bytes) => $"it has {bytes} bytes and at most {MaxObjectBytes} are allowed";
}
