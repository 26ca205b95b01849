using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Holdfast.Store.Sqlite;

/// <summary>Opens connections with the store's settings, and small statements on them. A connection is for one thread at a time.</summary>
internal static class SqliteConnections
{
    static SqliteConnections() => SQLitePCL.Batteries_V2.Init();

    public static SqliteConnection OpenWriter(string path) =>
        Open(
            path,
            $"""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = {StoreLimits.CheckpointPages};
            PRAGMA journal_size_limit = {StoreLimits.WalKeptBytes};
            PRAGMA cache_size = -{StoreLimits.WriterCacheKib};
            """
        );

    public static SqliteConnection OpenReader(string path) =>
        Open(path, $"PRAGMA query_only = 1; PRAGMA cache_size = -{StoreLimits.ReaderCacheKib};");

    public static void Execute(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public static long Scalar(this SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>What is wrong with the file, or null. Reads all of it.</summary>
    public static string? FindDamage(this SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA quick_check(1)";
        return command.ExecuteScalar() is string finding && finding != "ok" ? finding : null;
    }

    /// <summary>A statement that is compiled once and run many times. Parameters are <c>$1</c> to <c>$N</c>.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string sql, int parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 1; i <= parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        }

        return command;
    }

    public static SqliteCommand With(this SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        return command;
    }

    private static SqliteConnection Open(string path, string settings)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = StoreLimits.BusySeconds,
            }.ConnectionString
        );
        try
        {
            connection.Open();
            connection.Execute(settings);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
