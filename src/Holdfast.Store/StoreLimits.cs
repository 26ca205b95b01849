namespace Holdfast.Store;

/// <summary>Every bound inside the store, with its unit and where the number comes from.</summary>
internal static class StoreLimits
{
    /// <summary>Writes of a lane waiting for the writer. Twenty times a node's 50 pods; beyond it callers wait, nothing is dropped.</summary>
    public const int QueuedWrites = 1024;

    /// <summary>Writes in one commit. Bounds how long the first of them waits; an fsync (1 to 10 ms) costs more than 256 writes.</summary>
    public const int WritesPerCommit = 256;

    /// <summary>Of these, kept for clients when the Agent has more to write: a quarter, so that both always get on.</summary>
    public const int ClientWritesPerCommit = WritesPerCommit / 4;

    /// <summary>Bytes of JSON in one commit. Keeps a transaction inside SQLite's page cache and the write-ahead log small.</summary>
    public const int BytesPerCommit = 1 << 20;

    /// <summary>Events kept in memory for watchers that keep up; older ones are read from the log.</summary>
    public const int RecentEvents = 256;

    /// <summary>Bytes of JSON those events may hold: 256 KiB of the daemon's 20 MB.</summary>
    public const int RecentBytes = 256 << 10;

    /// <summary>Events handed to a watcher at once from memory, so that the feed's lock is held only briefly.</summary>
    public const int EventsPerTake = 64;

    /// <summary>Rows of one page when a watcher reads the log. A read transaction must be short: it holds back checkpoints.</summary>
    public const int LogRowsPerPage = 64;

    /// <summary>Bytes of one such page: what one slow watcher may hold in memory (one bigger object still passes).</summary>
    public const int LogBytesPerPage = 256 << 10;

    /// <summary>Revisions dropped by one commit. Neighbours share pages, so dropping 256 at once writes little more than one.</summary>
    public const int RevisionsPerCompaction = 256;

    /// <summary>SQLite page cache of the writer in KiB: the indexes of some thousand objects.</summary>
    public const int WriterCacheKib = 512;

    /// <summary>SQLite page cache of each reader in KiB. The kernel's page cache is behind it.</summary>
    public const int ReaderCacheKib = 128;

    /// <summary>Reader connections kept open when idle; more are opened under load, so a read never waits for another.</summary>
    public const int IdleReaders = 2;

    /// <summary>Pages in the write-ahead log before it is copied back: SQLite's own default, 4 MiB.</summary>
    public const int CheckpointPages = 1000;

    /// <summary>Bytes the write-ahead log file keeps after a copy back; a burst's excess is given back to the disk.</summary>
    public const int WalKeptBytes = 8 << 20;

    /// <summary>
    /// Bytes of the write-ahead log at which a warning is given: four times what it keeps. Only a reader that does not end,
    /// somebody's sqlite3 shell, lets it grow so.
    /// </summary>
    public const long WalWarnedBytes = 32L << 20;

    /// <summary>Free bytes that stay in the file for the next writes; as much as the log of changes may have.</summary>
    public const long FreeBytesKept = 16L << 20;

    /// <summary>How often a big file is checked for damage and free space is given back.</summary>
    public static readonly TimeSpan UpkeepEvery = TimeSpan.FromDays(1);

    /// <summary>Seconds to wait for a lock that only somebody's sqlite3 shell can hold.</summary>
    public const int BusySeconds = 5;

    /// <summary>
    /// Database size up to which every open checks the whole file; beyond, the daily upkeep does. 3 ms per MiB measured, and
    /// an SD card reads 40 MiB/s: a restart must know all pods within a second.
    /// </summary>
    public const long CheckedAtOpenBytes = 16L << 20;

    /// <summary>
    /// Tries of a read-change-write. Among N writers of one object a try wins 1 time in N, so with 50 writers (a node's
    /// pods) 1,000 losses in a row have a chance of 1 in 10^8: it is a bug elsewhere.
    /// </summary>
    public const int ConflictRetries = 1000;
}
