using Microsoft.Data.Sqlite;

namespace Holdfast.Store.Sqlite;

/// <summary>One read connection with its compiled statements. For one thread at a time; <see cref="ReaderPool"/> sees to it.</summary>
internal sealed class Reader : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly SqliteCommand begin;
    private readonly SqliteCommand end;
    private readonly SqliteCommand revision;
    private readonly SqliteCommand compacted;
    private readonly SqliteCommand get;
    private readonly SqliteCommand list;
    private readonly SqliteCommand listNamespace;
    private readonly SqliteCommand logPage;

    public Reader(string path)
    {
        connection = SqliteConnections.OpenReader(path);
        begin = connection.Prepare("BEGIN", 0);
        end = connection.Prepare("ROLLBACK", 0);
        revision = connection.Prepare(CurrentRevisionSql, 0);
        compacted = connection.Prepare("SELECT value FROM meta WHERE name = 'compacted'", 0);
        const string Objects = "FROM objects o JOIN revisions r ON r.revision = o.revision WHERE o.resource = $1";
        get = connection.Prepare($"SELECT o.revision, r.json {Objects} AND o.namespace = $2 AND o.name = $3", 3);
        const string Listed = $"SELECT o.namespace, o.name, o.revision, r.json {Objects}";
        list = connection.Prepare($"{Listed} ORDER BY o.namespace, o.name", 1);
        listNamespace = connection.Prepare($"{Listed} AND o.namespace = $2 ORDER BY o.name", 2);
        logPage = connection.Prepare(
            """
            SELECT revision, kind, namespace, name, json FROM revisions
            WHERE revision > $1 AND resource = $2 AND ($3 IS NULL OR namespace = $3) ORDER BY revision LIMIT $4
            """,
            4
        );
    }

    /// <summary>
    /// The last revision given out. The newest row of the log is never dropped before its successor is there, except in
    /// an old log whose objects are all gone: then it is what was compacted. A new store starts at 1, since 0 means "any"
    /// in the Kubernetes API.
    /// </summary>
    public const string CurrentRevisionSql =
        "SELECT max(1, (SELECT value FROM meta WHERE name = 'compacted'), coalesce((SELECT max(revision) FROM revisions), 0))";

    /// <summary>The last revision that was committed.</summary>
    public long CurrentRevision() => (long)revision.ExecuteScalar()!;

    public StoredObject? Get(ObjectKey key)
    {
        using var row = get.With(key.Resource, key.Namespace, key.Name).ExecuteReader();
        return row.Read() ? new StoredObject(key, row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : null;
    }

    public ObjectList List(string resource, string? ns)
    {
        begin.ExecuteNonQuery();
        try
        {
            var at = CurrentRevision();
            var command = ns is null ? list.With(resource) : listNamespace.With(resource, ns);
            using var row = command.ExecuteReader();
            var items = new List<StoredObject>();
            while (row.Read())
            {
                var key = new ObjectKey(resource, row.GetString(0), row.GetString(1));
                items.Add(new StoredObject(key, row.GetInt64(2), row.GetFieldValue<byte[]>(3)));
            }

            return new ObjectList(at, items);
        }
        finally
        {
            end.ExecuteNonQuery();
        }
    }

    /// <summary>The next events after a revision, read in one snapshot.</summary>
    public LogPage ReadLog(string resource, string? ns, long after)
    {
        begin.ExecuteNonQuery();
        try
        {
            var floor = (long)compacted.ExecuteScalar()!;
            var newest = (long)revision.ExecuteScalar()!;
            var events = new List<StoreEvent>();
            var bytes = 0;
            if (after < floor)
            {
                return new LogPage(floor, newest, events);
            }

            var page = logPage.With(after, resource, (object?)ns ?? DBNull.Value, StoreLimits.LogRowsPerPage);
            using var row = page.ExecuteReader();
            while (row.Read())
            {
                var json = row.GetFieldValue<byte[]>(4);
                var key = new ObjectKey(resource, row.GetString(2), row.GetString(3));
                events.Add(
                    new StoreEvent((StoreEventKind)row.GetInt32(1), new StoredObject(key, row.GetInt64(0), json))
                );
                bytes += json.Length;
                if (events.Count == StoreLimits.LogRowsPerPage || bytes >= StoreLimits.LogBytesPerPage)
                {
                    return new LogPage(floor, events[^1].Object.Revision, events);
                }
            }

            return new LogPage(floor, newest, events);
        }
        finally
        {
            end.ExecuteNonQuery();
        }
    }

    public void Dispose()
    {
        foreach (var command in (SqliteCommand[])[begin, end, revision, compacted, get, list, listNamespace, logPage])
        {
            command.Dispose();
        }

        connection.Dispose();
    }
}

/// <summary>Some events of the log. Nothing else happened up to <paramref name="CompleteTo"/>.</summary>
/// <param name="Compacted">Everything up to this revision was dropped from the log.</param>
/// <param name="CompleteTo">Where the next page starts.</param>
/// <param name="Events">In the order of revisions.</param>
internal sealed record LogPage(long Compacted, long CompleteTo, IReadOnlyList<StoreEvent> Events);
