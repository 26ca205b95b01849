using Microsoft.Data.Sqlite;

namespace Holdfast.Store.Sqlite;

/// <summary>
/// The tables, and the way from one version of them to the next. An object's JSON is written once, as a row of
/// <c>revisions</c>; <c>objects</c> only says which revision is an object's current one. Rows at or below
/// <c>meta.compacted</c> are exactly the current states of objects that have not changed since.
/// </summary>
internal static class Schema
{
    /// <summary>Version of the tables, in the file's user_version.</summary>
    public const int Version = 1;

    /// <summary>"HFST": marks the file as a Holdfast store in its header.</summary>
    private const int ApplicationId = 0x48465354;

    private const string Tables = """
        CREATE TABLE revisions (
            revision  INTEGER PRIMARY KEY,
            kind      INTEGER NOT NULL,
            at        INTEGER NOT NULL,
            resource  TEXT NOT NULL,
            namespace TEXT NOT NULL,
            name      TEXT NOT NULL,
            json      BLOB NOT NULL
        ) STRICT;
        CREATE TABLE objects (
            resource  TEXT NOT NULL,
            namespace TEXT NOT NULL,
            name      TEXT NOT NULL,
            revision  INTEGER NOT NULL,
            PRIMARY KEY (resource, namespace, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE meta (
            name  TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO meta VALUES ('compacted', 0);
        """;

    /// <summary>Creates the tables in a new file, or checks that an old one is ours and not newer than this program.</summary>
    public static void Ensure(SqliteConnection connection, string path)
    {
        var applicationId = connection.Scalar("PRAGMA application_id");
        var version = connection.Scalar("PRAGMA user_version");
        if (applicationId == 0 && version == 0 && connection.Scalar("SELECT count(*) FROM sqlite_schema") == 0)
        {
            connection.Execute(
                $"BEGIN IMMEDIATE; {Tables} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}; COMMIT;"
            );
            return;
        }

        if (applicationId != ApplicationId)
        {
            throw new StoreException(
                StoreReason.Corrupt,
                $"cannot open the store {path}: it is an SQLite file of another program. Move it away and start again."
            );
        }

        if (version > Version)
        {
            throw new StoreException(
                StoreReason.NewerVersion,
                $"cannot open the store {path}: its version is {version} and this program knows up to {Version}. "
                    + "Start the newer holdfast that wrote it."
            );
        }
    }
}
