using System.Security.Cryptography;
using System.Text;
using Holdfast.Linux;
using Holdfast.Store;

namespace Holdfast.Machine.Tests.Store;

/// <summary>The store on a file system of 2 MiB that is really full.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly string directory = Directory.CreateTempSubdirectory("holdfast-store-full-").FullName;

    private string Database => Path.Join(directory, "store.db");

    public async Task InitializeAsync() => await RunAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", directory);

    public async Task DisposeAsync()
    {
        await RunAsync("umount", directory);
        Directory.Delete(directory);
    }

    [Fact]
    public async Task Writes_are_refused_as_full_reads_go_on_and_everything_works_again_once_there_is_room()
    {
        var ballast = Path.Join(directory, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[700_000]);
        await using var store = await CrashingWriter.OpenAsync(Database);
        var written = new List<StoredObject>();
        var e = await FillAsync(store, written);
        Assert.Equal(StoreReason.Full, e.Reason);
        Assert.Contains("free some space", e.Message, StringComparison.Ordinal);
        ExpectAll(store, written);
        Assert.Equal(written[^1].Revision, store.Revision);

        // Full stays full, without damage, however often it is tried.
        for (var i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<StoreException>(() => store.CreateAsync(Pod($"again{i}"), Noise(30_000)));
        }

        ExpectAll(store, written);
        File.Delete(ballast);
        written.Add(await store.CreateAsync(Pod("after"), Noise(10_000)));
        Assert.Equal(written[^2].Revision + 1, written[^1].Revision);
        await store.DeleteAsync(written[0].Key, null);
        written.RemoveAt(0);
        ExpectAll(store, written);
        await store.DisposeAsync();
        await using var reopened = await CrashingWriter.OpenAsync(Database);
        ExpectAll(reopened, written);
    }

    [Fact]
    public async Task A_watcher_sees_exactly_the_writes_that_went_through()
    {
        await using var store = await CrashingWriter.OpenAsync(Database);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var watch = store.WatchAsync("pods", null, store.Revision, patience.Token).GetAsyncEnumerator();
        var written = new List<StoredObject>();
        await FillAsync(store, written);
        foreach (var expected in written)
        {
            Assert.True(await watch.MoveNextAsync());
            Assert.Equal(expected.Revision, watch.Current.Object.Revision);
            Assert.Equal(expected.Key, watch.Current.Object.Key);
        }

        await watch.DisposeAsync();
    }

    [Fact]
    public async Task Opening_on_a_full_disk_says_so()
    {
        await File.WriteAllBytesAsync(Path.Join(directory, "most"), new byte[2 * 1024 * 1024 - 8192]);
        var e = await Assert.ThrowsAsync<StoreException>(() => CrashingWriter.OpenAsync(Database));
        Assert.Equal(StoreReason.Full, e.Reason);
        File.Delete(Path.Join(directory, "most"));
        await using var store = await CrashingWriter.OpenAsync(Database);
        await store.CreateAsync(Pod("web"), Noise(100));
    }

    private static async Task<StoreException> FillAsync(ObjectStore store, List<StoredObject> written)
    {
        while (true)
        {
            try
            {
                written.Add(await store.CreateAsync(Pod($"p{written.Count}"), Noise(20_000)));
                Assert.True(written.Count < 1000, "the disk never got full");
            }
            catch (StoreException e)
            {
                Assert.NotEmpty(written);
                return e;
            }
        }
    }

    private static void ExpectAll(ObjectStore store, List<StoredObject> written)
    {
        var list = store
            .List("pods")
            .Items.ToDictionary(i => i.Key, i => Convert.ToHexString(SHA256.HashData(i.Json.Span)));
        Assert.Equal(written.Count, list.Count);
        Assert.All(written, w => Assert.Equal(Convert.ToHexString(SHA256.HashData(w.Json.Span)), list[w.Key]));
    }

    private static ObjectKey Pod(string name) => new("pods", "default", name);

    private static ReadOnlyMemory<byte> Noise(int bytes) =>
        Encoding.UTF8.GetBytes($"\"{Convert.ToHexString(RandomNumberGenerator.GetBytes(bytes / 2))}\"");

    private static async Task RunAsync(string file, params string[] arguments)
    {
        var result = await ChildProcess.RunAsync(new ChildCommand(file, arguments), TimeSpan.FromSeconds(30));
        Assert.True(result.Succeeded, result.LastErrorLine);
    }
}
