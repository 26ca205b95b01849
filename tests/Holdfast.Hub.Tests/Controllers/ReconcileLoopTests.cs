using System.Collections.Concurrent;
using System.Text;
using Holdfast.Hub.Controllers;
using Holdfast.Hub.Resources;
using Holdfast.Hub.Storage;
using Holdfast.Store;
using Holdfast.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class ReconcileLoopTests : IAsyncLifetime
{
    private readonly TemporaryDirectory directory = new();
    private readonly FakeTimeProvider clock = new();
    private readonly CancellationTokenSource stop = new();
    private ObjectStore store = null!;
    private ObjectAccess objects = null!;
    private Task running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        var options = new ObjectStoreOptions { DatabasePath = Path.Join(directory.Path, "store.db") };
        store = await ObjectStore.OpenAsync(options, clock, NullLoggerFactory.Instance);
        objects = new ObjectAccess(store, clock);
    }

    public async Task DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
        await store.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task An_object_whose_status_tells_of_a_new_failure_each_time_is_retried_with_back_off_only()
    {
        var turns = new ConcurrentDictionary<string, int>();
        var sentinel = new TaskCompletionSource();
        Run(
            async (key, ct) =>
            {
                var turn = turns.AddOrUpdate(key.Name, 1, (_, n) => n + 1);
                if (key.Name != "bad")
                {
                    sentinel.TrySetResult();
                    return null;
                }

                await objects.ChangeAsync(
                    AppsResources.ReplicaSets,
                    key.Namespace,
                    key.Name,
                    o =>
                    {
                        o["status"] = new System.Text.Json.Nodes.JsonObject { ["failure"] = $"attempt {turn}" };
                        return true;
                    },
                    ct
                );
                throw new InvalidOperationException("never works");
            }
        );
        await CreateAsync("bad", 1);
        await Eventually.IsTrueAsync("the first turn", () => turns.GetValueOrDefault("bad") > 0);

        // The status was written before this object: once it had its turn, the status would have had one too.
        await CreateAsync("sentinel", 1);
        await sentinel.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, turns["bad"]);

        clock.Advance(TimeSpan.FromMilliseconds(50));
        await Eventually.IsTrueAsync("the second turn", () => turns["bad"] == 2);
    }

    [Fact]
    public async Task A_changed_spec_ends_the_back_off()
    {
        var turns = 0;
        Run((_, _) => ++turns < 5 ? throw new InvalidOperationException("not yet") : Task.FromResult<TimeSpan?>(null));
        await CreateAsync("set", 1);
        for (var generation = 2; generation <= 5; generation++)
        {
            await Eventually.IsTrueAsync("a turn per generation", () => turns == generation - 1);
            await ReplaceAsync("set", generation);
        }

        await Eventually.IsTrueAsync("the last turn", () => turns == 5);
    }

    [Fact]
    public async Task A_loop_that_fails_is_restarted_after_a_pause()
    {
        var starts = 0;
        var isRunning = new TaskCompletionSource();
        running = Supervised.RunAsync(
            "loop",
            ct =>
            {
                if (++starts < 3)
                {
                    throw new ArgumentOutOfRangeException(nameof(ct));
                }

                isRunning.TrySetResult();
                return Task.Delay(Timeout.Infinite, ct);
            },
            clock,
            NullLogger.Instance,
            stop.Token
        );

        Assert.Equal(1, starts);
        await Eventually.IsTrueAsync(
            "the third start",
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(50));
                return isRunning.Task.IsCompleted;
            }
        );
        Assert.Equal(3, starts);
    }

    private void Run(Func<ObjectKey, CancellationToken, Task<TimeSpan?>> reconcile)
    {
        var loop = new ReconcileLoop("test", objects, NullLogger.Instance, reconcile);
        loop.WatchOwn(AppsResources.ReplicaSets);
        running = loop.RunAsync(stop.Token);
    }

    private Task CreateAsync(string name, int generation) => store.CreateAsync(Key(name), Json(name, generation));

    private async Task ReplaceAsync(string name, int generation) =>
        await store.UpdateAsync(Key(name), Json(name, generation), store.Get(Key(name))!.Revision);

    private static ObjectKey Key(string name) => ObjectAccess.Key(AppsResources.ReplicaSets, "default", name);

    private static ReadOnlyMemory<byte> Json(string name, int generation) =>
        Encoding.UTF8.GetBytes(
            $$$"""{"metadata":{"name":"{{{name}}}","namespace":"default","generation":{{{generation}}}},"spec":{}}"""
        );
}
