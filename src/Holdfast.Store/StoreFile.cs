using Holdfast.Linux;
using Holdfast.Store.Sqlite;
using Holdfast.Store.Writing;
using Microsoft.Data.Sqlite;

namespace Holdfast.Store;

/// <summary>Opens the store's file: directory, lock, file mode, damage check, schema. Stateless.</summary>
internal static class StoreFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static (FileLock Lock, WriteTransaction Transaction) Open(ObjectStoreOptions options)
    {
        var path = options.DatabasePath;
        var fileLock = TakeLock(path);
        SqliteConnection? connection = null;
        try
        {
            CreateForOwnerOnly(path);
            connection = SqliteConnections.OpenWriter(path);
            CheckForDamage(connection, path);
            Schema.Ensure(connection, path);
            FreePages.GiveBack(connection);
            return (fileLock, new WriteTransaction(connection, options));
        }
        catch (Exception e)
        {
            connection?.Dispose();
            fileLock.Dispose();
            if (e is SqliteException sqlite)
            {
                throw sqlite.ToStoreException("open the store", path);
            }

            if (e is IOException or UnauthorizedAccessException or LinuxException)
            {
                throw Unavailable(path, e);
            }

            throw;
        }
    }

    private static FileLock TakeLock(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, OwnerOnly | UnixFileMode.UserExecute);
            if (FileLock.TryTake(path + ".lock", out var holder) is { } taken)
            {
                return taken;
            }

            var who = holder is null ? "another process" : $"process {holder}";
            throw new StoreException(
                StoreReason.InUse,
                $"cannot open the store {path}: {who} has it open. Use that holdfast, or stop it first."
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw Unavailable(path, e);
        }
    }

    /// <summary>Secrets are inside. SQLite gives its -wal and -shm files the mode of this file.</summary>
    private static void CreateForOwnerOnly(string path)
    {
        using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite,
                UnixCreateMode = OwnerOnly,
            }
        );
    }

    private static void CheckForDamage(SqliteConnection connection, string path)
    {
        if (new FileInfo(path).Length <= StoreLimits.CheckedAtOpenBytes && connection.FindDamage() is { } finding)
        {
            throw SqliteFailure.Damaged("open the store", path, finding);
        }
    }

    private static StoreException Unavailable(string path, Exception e) =>
        new(
            e is LinuxException { Reason: LinuxReason.NoSpace } ? StoreReason.Full : StoreReason.Unavailable,
            $"cannot open the store {path}: {e.Message}",
            e
        );
}
