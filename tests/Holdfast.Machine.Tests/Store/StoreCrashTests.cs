using Holdfast.Store;

namespace Holdfast.Machine.Tests.Store;

public sealed class StoreCrashTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("holdfast-store-crash-").FullName;

    private string Database => Path.Join(directory, "store.db");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(100)]
    public async Task Killed_again_and_again_while_writing_the_store_keeps_every_promised_write(int maxLogRevisions)
    {
        const int Rounds = 8;
        const int Writers = 6;
        var random = new Random(maxLogRevisions);
        for (var round = 0; round < Rounds; round++)
        {
            var ns = $"round{round}";
            using var writer = CrashingWriter.StartWriting(Database, ns, Writers, maxLogRevisions);
            await writer.WaitForWritesAsync(random.Next(1, 1500));
            writer.Kill();
            await writer.WaitForEndAsync();
            await using var store = await CrashingWriter.OpenAsync(Database, maxLogRevisions);
            writer.ExpectEveryPromiseKept(store, ns, Writers);
            if (maxLogRevisions > 100)
            {
                await ExpectLogTellsTheWholeStoryAsync(store);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(200)]
    public async Task Killed_just_before_a_commit_the_write_is_not_there(int commit)
    {
        using var writer = CrashingWriter.StartWriting(Database, "ns", 1, 50, $"store.before-commit@{commit}");
        await writer.WaitForEndAsync();
        Assert.Equal(128 + 9, writer.ExitCode);
        Assert.Equal(commit - 1, writer.Count);
        await using var store = await CrashingWriter.OpenAsync(Database);
        writer.ExpectEveryPromiseKept(store, "ns", 1, mayBeAhead: false);
        Assert.Equal(commit, store.Revision);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(200)]
    public async Task Killed_just_after_a_commit_the_write_is_there_although_nobody_was_told(int commit)
    {
        using var writer = CrashingWriter.StartWriting(Database, "ns", 1, 50, $"store.after-commit@{commit}");
        await writer.WaitForEndAsync();
        Assert.Equal(128 + 9, writer.ExitCode);
        Assert.Equal(commit - 1, writer.Count);
        await using var store = await CrashingWriter.OpenAsync(Database);
        writer.ExpectEveryPromiseKept(store, "ns", 1, mayBeAhead: true);
        Assert.Equal(commit + 1, store.Revision);
    }

    [Fact]
    public async Task A_store_open_in_another_process_is_refused_with_its_pid_and_free_once_that_is_killed()
    {
        using var holder = CrashingWriter.StartHolding(Database);
        await holder.WaitForWritesAsync(1);
        var e = await Assert.ThrowsAsync<StoreException>(() => CrashingWriter.OpenAsync(Database));
        Assert.Equal(StoreReason.InUse, e.Reason);
        Assert.Contains($"process {holder.ProcessId} ", e.Message, StringComparison.Ordinal);
        holder.Kill();
        await holder.WaitForEndAsync();
        await using var store = await CrashingWriter.OpenAsync(Database);
    }

    /// <summary>Revisions without a gap, and replaying them gives the objects.</summary>
    private static async Task ExpectLogTellsTheWholeStoryAsync(ObjectStore store)
    {
        var replayed = new Dictionary<ObjectKey, long>();
        var expected = 2L;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var e in store.WatchAsync("pods", null, 0, patience.Token))
        {
            Assert.Equal(expected++, e.Object.Revision);
            if (e.Kind == StoreEventKind.Deleted)
            {
                Assert.True(replayed.Remove(e.Object.Key));
            }
            else
            {
                Assert.Equal(e.Kind == StoreEventKind.Modified, replayed.ContainsKey(e.Object.Key));
                replayed[e.Object.Key] = e.Object.Revision;
            }

            if (e.Object.Revision == store.Revision)
            {
                break;
            }
        }

        var list = store.List("pods").Items.ToDictionary(i => i.Key, i => i.Revision);
        Assert.Equal(replayed.OrderBy(r => r.Value), list.OrderBy(r => r.Value));
    }
}
