using Holdfast.Store.Sqlite;
using Microsoft.Data.Sqlite;

namespace Holdfast.Store.Writing;

/// <summary>
/// The statements of a commit, on the only connection that writes. It carries the numbers that the next commit starts
/// from (last revision, extent of the log); <see cref="Rollback"/> reads them again from the file, so that after a failure
/// of unknown outcome memory never disagrees with the disk. Used by the writer's thread only.
/// </summary>
internal sealed class WriteTransaction : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly ObjectStoreOptions options;
    private readonly SqliteCommand begin;
    private readonly SqliteCommand commit;
    private readonly SqliteCommand rollback;
    private readonly SqliteCommand current;
    private readonly SqliteCommand append;
    private readonly SqliteCommand point;
    private readonly SqliteCommand unpoint;
    private readonly SqliteCommand dropRevision;
    private readonly SqliteCommand oldest;
    private readonly SqliteCommand dropHistory;
    private readonly SqliteCommand setCompacted;
    private long compacted;
    private long logBytes;
    private long oldestAt;

    public WriteTransaction(SqliteConnection connection, ObjectStoreOptions options)
    {
        this.connection = connection;
        this.options = options;
        begin = connection.Prepare("BEGIN IMMEDIATE", 0);
        commit = connection.Prepare("COMMIT", 0);
        rollback = connection.Prepare("ROLLBACK", 0);
        current = connection.Prepare(
            """
            SELECT o.revision, r.json FROM objects o JOIN revisions r ON r.revision = o.revision
            WHERE o.resource = $1 AND o.namespace = $2 AND o.name = $3
            """,
            3
        );
        append = connection.Prepare("INSERT INTO revisions VALUES ($1, $2, $3, $4, $5, $6, $7)", 7);
        point = connection.Prepare(
            """
            INSERT INTO objects VALUES ($1, $2, $3, $4)
            ON CONFLICT (resource, namespace, name) DO UPDATE SET revision = excluded.revision
            """,
            4
        );
        unpoint = connection.Prepare("DELETE FROM objects WHERE resource = $1 AND namespace = $2 AND name = $3", 3);
        dropRevision = connection.Prepare("DELETE FROM revisions WHERE revision = $1", 1);
        oldest = connection.Prepare(
            "SELECT revision, at, length(json) FROM revisions WHERE revision > $1 ORDER BY revision LIMIT $2",
            2
        );
        dropHistory = connection.Prepare(
            """
            DELETE FROM revisions WHERE revision > $1 AND revision <= $2 AND NOT EXISTS (
                SELECT 1 FROM objects o WHERE o.resource = revisions.resource AND o.namespace = revisions.namespace
                AND o.name = revisions.name AND o.revision = revisions.revision)
            """,
            2
        );
        setCompacted = connection.Prepare("UPDATE meta SET value = $1 WHERE name = 'compacted'", 1);
        ReadNumbers();
    }

    /// <summary>The last revision given out, in this transaction or before it.</summary>
    public long Revision { get; private set; }

    public void Begin() => begin.ExecuteNonQuery();

    public void Commit() => commit.ExecuteNonQuery();

    /// <summary>Ends a transaction in which every write was refused or changed nothing.</summary>
    public void EndWithoutChange() => rollback.ExecuteNonQuery();

    /// <summary>Puts the file and the numbers back to the last commit. Throws when the file cannot even be read.</summary>
    public void Rollback()
    {
        // SQLite itself has already rolled back after some failures, and then refuses the statement.
        if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            rollback.ExecuteNonQuery();
        }

        ReadNumbers();
    }

    public StoredObject? Current(ObjectKey key)
    {
        using var row = current.With(key.Resource, key.Namespace, key.Name).ExecuteReader();
        return row.Read() ? new StoredObject(key, row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : null;
    }

    /// <summary>Appends a revision and makes it the object's current one (or none, for a deletion).</summary>
    public StoredObject Write(
        StoreEventKind kind,
        StoredObject? previous,
        ObjectKey key,
        ReadOnlyMemory<byte> json,
        long at
    )
    {
        var written = new StoredObject(key, ++Revision, json);
        var bytes =
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(json, out var array)
            && array.Offset == 0
            && array.Count == array.Array!.Length
                ? array.Array
                : json.ToArray();
        append.With(written.Revision, (int)kind, at, key.Resource, key.Namespace, key.Name, bytes).ExecuteNonQuery();
        if (kind == StoreEventKind.Deleted)
        {
            unpoint.With(key.Resource, key.Namespace, key.Name).ExecuteNonQuery();
        }
        else
        {
            point.With(key.Resource, key.Namespace, key.Name, written.Revision).ExecuteNonQuery();
        }

        if (previous is not null && previous.Revision <= compacted)
        {
            // Compaction spared this row as the object's state and will not come by again.
            dropRevision.With(previous.Revision).ExecuteNonQuery();
        }

        logBytes += json.Length;
        oldestAt = oldestAt == 0 ? at : oldestAt;
        return written;
    }

    /// <summary>
    /// Drops the oldest part of the log once it has outgrown a limit by a quarter: a bounded piece per commit, in that
    /// commit's own fsync, so nobody waits for compaction and flash pays nothing extra.
    /// </summary>
    public void Compact(long now)
    {
        var tooMany = Revision - compacted > options.MaxLogRevisions + (options.MaxLogRevisions / 4);
        var tooMuch = logBytes > options.MaxLogBytes + (options.MaxLogBytes / 4);
        var tooOld = oldestAt != 0 && now - oldestAt > options.MaxLogAge.TotalMilliseconds * 1.25;
        if (!tooMany && !tooMuch && !tooOld)
        {
            return;
        }

        var floor = compacted;
        var bytes = logBytes;
        var nextAt = 0L;
        using (var row = oldest.With(compacted, StoreLimits.RevisionsPerCompaction).ExecuteReader())
        {
            while (row.Read())
            {
                var at = row.GetInt64(1);
                var isBeyond =
                    Revision - floor > options.MaxLogRevisions
                    || bytes > options.MaxLogBytes
                    || now - at > options.MaxLogAge.TotalMilliseconds;
                if (!isBeyond || row.GetInt64(0) == Revision)
                {
                    nextAt = at;
                    break;
                }

                floor = row.GetInt64(0);
                bytes -= row.GetInt64(2);
            }
        }

        dropHistory.With(compacted, floor).ExecuteNonQuery();
        setCompacted.With(floor).ExecuteNonQuery();
        compacted = floor;
        logBytes = bytes;
        oldestAt = nextAt != 0 ? nextAt : OldestAt();
    }

    /// <summary>See <see cref="FreePages.GiveBack"/>. Not within a transaction.</summary>
    public bool GiveBackFreePages() => FreePages.GiveBack(connection);

    public void Dispose()
    {
        SqliteCommand[] all =
        [
            begin,
            commit,
            rollback,
            current,
            append,
            point,
            unpoint,
            dropRevision,
            oldest,
            dropHistory,
            setCompacted,
        ];
        foreach (var command in all)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private void ReadNumbers()
    {
        Revision = connection.Scalar(Reader.CurrentRevisionSql);
        compacted = connection.Scalar("SELECT value FROM meta WHERE name = 'compacted'");
        logBytes = connection.Scalar(
            $"SELECT coalesce(sum(length(json)), 0) FROM revisions WHERE revision > {compacted}"
        );
        oldestAt = OldestAt();
    }

    /// <summary>When the oldest revision of the log was written, or 0 when the log is empty.</summary>
    private long OldestAt()
    {
        using var row = oldest.With(compacted, 1).ExecuteReader();
        return row.Read() ? row.GetInt64(1) : 0;
    }
}
