using System.Text;
using Holdfast.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Holdfast.Testing.Crasher;

/// <summary>
/// Writers that each take an object of their own through a fixed history: step 0 creates it, step 9 deletes it, step 10
/// creates it again. A line <c>WRITER STEP</c> is printed for each write that the store has acknowledged.
/// </summary>
internal static class StoreWriting
{
    public static async Task RunAsync(string database, string ns, int writers, int maxLogRevisions)
    {
        var options = new ObjectStoreOptions { DatabasePath = database, MaxLogRevisions = maxLogRevisions };
        await using var store = await ObjectStore.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance);
        await Task.WhenAll(
            Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(store, ns, writer)))
        );
    }

    public static async Task HoldAsync(string database)
    {
        var options = new ObjectStoreOptions { DatabasePath = database };
        await using var store = await ObjectStore.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance);
        Console.WriteLine("open");
        await Task.Delay(Timeout.Infinite);
    }

    private static async Task WriteAsync(ObjectStore store, string ns, int writer)
    {
        var key = new ObjectKey("pods", ns, $"w{writer}");
        var revision = 0L;
        for (var step = 0; ; step++)
        {
            var json = Encoding.UTF8.GetBytes(
                $$"""{"step":{{step}},"ballast":"{{new string('x', step * 37 % 5000)}}"}"""
            );
            var written = await (
                (step % 10) switch
                {
                    0 => store.CreateAsync(key, json),
                    9 => store.DeleteAsync(key, revision),
                    _ => store.UpdateAsync(key, json, revision),
                }
            );
            revision = written.Revision;
            Console.WriteLine($"{writer} {step}");
        }
    }
}
