using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Holdfast.Hub.Tests.Http;

/// <summary>What watches hold and how they tell where they are.</summary>
public sealed class WatchCostTests
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task A_bookmark_of_a_quiet_resource_is_as_new_as_the_store()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var hub = await TestHub.StartAsync(clock: clock);
        var from = (string)(await hub.GetAsync(Maps))["metadata"]!["resourceVersion"]!;
        var query = $"{Maps}?watch=1&allowWatchBookmarks=true&resourceVersion={from}";
        await using var events = hub.WatchAsync(query).GetAsyncEnumerator();
        var next = events.MoveNextAsync().AsTask();
        for (var i = 0; i < 20; i++)
        {
            await hub.PostAsync("/api/v1/namespaces/default/secrets", $$$"""{"metadata":{"name":"s{{{i}}}"}}""");
        }

        var written = hub.Store.Revision;
        while (!next.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAny(next, Task.Delay(20));
        }

        Assert.True(await next);
        Assert.Equal("BOOKMARK", (string)events.Current["type"]!);
        Assert.True(
            long.Parse((string)events.Current["object"]!["metadata"]!["resourceVersion"]!) >= written,
            $"the store was at {written}, the bookmark is {events.Current.ToJsonString()}"
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("&labelSelector=app%3Dx")]
    public async Task An_open_watch_holds_no_copy_of_its_resource(string selector)
    {
        const int Watches = 40;
        const int ObjectBytes = 100_000;
        const int Objects = 50;
        await using var hub = await TestHub.StartAsync();
        var value = new string('x', ObjectBytes);
        for (var i = 0; i < Objects; i++)
        {
            await hub.PostAsync(
                Maps,
                new JsonObject
                {
                    ["metadata"] = new JsonObject { ["name"] = $"m{i}" },
                    ["data"] = new JsonObject { ["k"] = value },
                }.ToJsonString()
            );
        }

        var query = $"{Maps}?watch=1&resourceVersion={hub.Store.Revision}{selector}";
        var before = HeldBytes();
        var open = new List<HttpResponseMessage>();
        for (var i = 0; i < Watches; i++)
        {
            open.Add(await hub.Http.GetAsync(query, HttpCompletionOption.ResponseHeadersRead));
        }

        var held = HeldBytes() - before;
        open.ForEach(r => r.Dispose());
        Assert.True(held < Watches * 100_000L, $"{Watches} watches of 5 MB hold {held} bytes");
    }

    private static long HeldBytes() => GC.GetTotalMemory(forceFullCollection: true);
}
