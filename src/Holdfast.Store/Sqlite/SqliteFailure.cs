using Microsoft.Data.Sqlite;

namespace Holdfast.Store.Sqlite;

/// <summary>Turns SQLite's result codes into the store's reasons. See https://www.sqlite.org/rescode.html.</summary>
internal static class SqliteFailure
{
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NotADatabase = 26;

    /// <summary>SQLITE_IOERR_SHMSIZE: no room to grow the index of the write-ahead log.</summary>
    private const int NoRoomForSharedMemory = 4874;

    public static bool IsFull(this SqliteException e) =>
        e.SqliteErrorCode == Full || e.SqliteExtendedErrorCode == NoRoomForSharedMemory;

    public static StoreException ToStoreException(this SqliteException e, string doing, string path)
    {
        if (e.IsFull())
        {
            return new StoreException(
                StoreReason.Full,
                $"cannot {doing}: the disk of {path} is full. Nothing was written; free some space and try again.",
                e
            );
        }

        if (e.SqliteErrorCode is Corrupt or NotADatabase)
        {
            return Damaged(doing, path, e.Message, e);
        }

        return new StoreException(StoreReason.Unavailable, $"cannot {doing}: {path}: {e.Message}", e);
    }

    public static StoreException Damaged(string doing, string path, string finding, Exception? e = null) =>
        new(
            StoreReason.Corrupt,
            $"cannot {doing}: {path} is damaged ({finding}). Stop holdfast, move {path}, {path}-wal and {path}-shm to "
                + "another directory, start holdfast again with an empty store and apply your manifests again. "
                + $"What can be saved from the old file: sqlite3 {Path.GetFileName(path)} .recover",
            e
        );
}
