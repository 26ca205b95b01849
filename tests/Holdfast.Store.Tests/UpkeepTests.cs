using System.Collections.Concurrent;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using static Holdfast.Store.Tests.TemporaryStore;

namespace Holdfast.Store.Tests;

/// <summary>What the store does about its own files while it is open.</summary>
public sealed class UpkeepTests
{
    private const int ObjectBytes = 400_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_file_shrinks_when_most_of_it_is_free(bool restarts)
    {
        var time = new FakeTimeProvider();
        await using var temporary = await OpenAsync(time: time);
        var store = temporary.Store;
        for (var i = 0; i < 100; i++)
        {
            await store.CreateAsync(Pod($"p{i}"), Json(new string('x', ObjectBytes)));
        }

        for (var i = 0; i < 100; i++)
        {
            await store.DeleteAsync(Pod($"p{i}"), null);
        }

        time.Advance(TimeSpan.FromHours(1));
        await store.CreateAsync(Pod("kept"), Json("kept"));
        Assert.True(new FileInfo(temporary.Options.DatabasePath).Length > 100 * ObjectBytes);

        if (restarts)
        {
            await temporary.RestartAsync();
        }
        else
        {
            time.Advance(StoreLimits.UpkeepEvery);
            await store.CreateAsync(Pod("next"), Json("next"));

            // The commit after the rewrite is done by the same thread: the rewrite is over.
            await store.CreateAsync(Pod("last"), Json("last"));
        }

        Assert.InRange(new FileInfo(temporary.Options.DatabasePath).Length, 1, StoreLimits.FreeBytesKept);
        Assert.Equal("kept", temporary.Store.Get(Pod("kept"))!.Key.Name);
    }

    [Fact]
    public async Task A_reader_that_lets_the_log_grow_is_told_of_once()
    {
        using var log = new Lines();
        await using var temporary = await OpenAsync(o => o with { WalWarnedBytes = 8 << 20 }, loggers: log);
        await temporary.Store.CreateAsync(Pod("first"), Json("1"));
        await using var shell = new SqliteConnection($"Data Source={temporary.Options.DatabasePath};Pooling=False");
        await shell.OpenAsync();
        await using var transaction = shell.BeginTransaction(deferred: true);
        await using var read = shell.CreateCommand();
        read.CommandText = "SELECT count(*) FROM revisions";
        await read.ExecuteScalarAsync();
        for (var i = 0; i < 40; i++)
        {
            await temporary.Store.CreateAsync(Pod($"p{i}"), Json(new string('x', ObjectBytes)));
        }

        Assert.Single(log.All, l => l.Contains("-wal has", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Damage_in_a_file_too_big_for_a_check_at_open_is_found_by_the_daily_one()
    {
        using var log = new Lines();
        var time = new FakeTimeProvider();
        await using var temporary = await OpenAsync(time: time, loggers: log);
        for (var i = 0; i < 60; i++)
        {
            await temporary.Store.CreateAsync(Pod($"p{i}"), Json(new string('x', ObjectBytes)));
        }

        await temporary.Store.DisposeAsync();
        DamageIndex(temporary.Options.DatabasePath);
        await temporary.StartAsync();
        Assert.DoesNotContain(log.All, l => l.Contains("damaged", StringComparison.Ordinal));

        time.Advance(StoreLimits.UpkeepEvery);
        Assert.Contains(log.All, l => l.Contains("is damaged", StringComparison.Ordinal));
    }

    /// <summary>Overwrites the middle of a page of the biggest table with rubbish.</summary>
    private static void DamageIndex(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = 4096L * 6;
        file.Write(Encoding.ASCII.GetBytes(new string('\u0001', 4096)));
    }

    private sealed class Lines : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => All.Enqueue(formatter(state, exception));

        public void Dispose() { }
    }
}
