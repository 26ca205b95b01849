using Microsoft.Data.Sqlite;

namespace Holdfast.Store.Sqlite;

/// <summary>
/// Gives space back to the disk. SQLite reuses free pages but keeps them in the file; its automatic vacuum would make every
/// write of an object touch one more page, which a flash disk pays for, so the file is rewritten when most of it is free.
/// </summary>
internal static class FreePages
{
    /// <summary>Rewrites the file when more than half of it, and more than a minimum, is free. Takes as long as what is kept is big.</summary>
    /// <returns>Whether it did. Not when the disk has no room for the copy: nothing is lost then.</returns>
    public static bool GiveBack(SqliteConnection connection)
    {
        var free = connection.Scalar("PRAGMA freelist_count");
        var pages = connection.Scalar("PRAGMA page_count");
        if (free * 2 <= pages || free * connection.Scalar("PRAGMA page_size") < StoreLimits.FreeBytesKept)
        {
            return false;
        }

        try
        {
            connection.Execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);");
            return true;
        }
        catch (SqliteException e) when (e.IsFull())
        {
            return false;
        }
    }
}
