using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Hub.Tests.Http;

public sealed class ListAndWatchTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_list_has_the_revision_and_every_item_its_own()
    {
        var a = await MakeAsync("a");
        await MakeAsync("b");
        var list = await hub.GetAsync(Maps);

        Assert.Equal("ConfigMapList", (string)list["kind"]!);
        Assert.Equal(["a", "b"], Names(list));
        Assert.Equal(
            (string)a["metadata"]!["resourceVersion"]!,
            (string)list["items"]![0]!["metadata"]!["resourceVersion"]!
        );
        Assert.True(long.Parse((string)list["metadata"]!["resourceVersion"]!) > Version(a));
    }

    [Theory]
    [InlineData("labelSelector=app%3Dweb", "a")]
    [InlineData("labelSelector=app!%3Dweb", "b,c")]
    [InlineData("labelSelector=app%20in%20(web,db)", "a,b")]
    [InlineData("labelSelector=!app", "c")]
    [InlineData("fieldSelector=metadata.name%3Dc", "c")]
    [InlineData("fieldSelector=metadata.name!%3Dc", "a,b")]
    [InlineData("labelSelector=app&fieldSelector=metadata.name%3Db", "b")]
    public async Task Selectors_choose(string query, string names)
    {
        await MakeAsync("a", "web");
        await MakeAsync("b", "db");
        await MakeAsync("c");

        Assert.Equal(names, string.Join(',', Names(await hub.GetAsync($"{Maps}?{query}"))));
    }

    [Theory]
    [InlineData("labelSelector=a%20b%20c")]
    [InlineData("fieldSelector=spec.foo%3Dx")]
    [InlineData("fieldSelector=x")]
    [InlineData("continue=%21%21")]
    [InlineData("resourceVersion=abc")]
    [InlineData("limit=many")]
    public async Task Bad_queries_are_bad_requests(string query) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.SendAsync(HttpMethod.Get, $"{Maps}?{query}")).Code);

    [Fact]
    public async Task Pages_cover_everything_once()
    {
        for (var i = 0; i < 7; i++)
        {
            await MakeAsync($"m{i}");
        }

        var names = new List<string>();
        var token = "";
        do
        {
            var page = await hub.GetAsync($"{Maps}?limit=3&continue={Uri.EscapeDataString(token)}");
            names.AddRange(Names(page));
            token = (string?)page["metadata"]!["continue"] ?? "";
        } while (token.Length > 0);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"m{i}"), names);
    }

    [Fact]
    public async Task A_table_has_columns_and_cells()
    {
        await MakeAsync("a");
        var table = await hub.GetAsync(Maps, Table);

        Assert.Equal("Table", (string)table["kind"]!);
        Assert.Equal(["Name", "Data", "Age"], table["columnDefinitions"]!.AsArray().Select(c => (string)c!["name"]!));
        Assert.Equal("a", (string)table["rows"]![0]!["cells"]![0]!);
        Assert.Equal("PartialObjectMetadata", (string)table["rows"]![0]!["object"]!["kind"]!);
    }

    [Fact]
    public async Task Metadata_alone_can_be_asked_for()
    {
        await MakeAsync("a");
        var list = await hub.GetAsync(Maps, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");

        Assert.Equal("PartialObjectMetadataList", (string)list["kind"]!);
        Assert.Null(list["items"]![0]!["data"]);
    }

    [Fact]
    public async Task A_client_that_takes_no_json_is_told_so() =>
        Assert.Equal(
            HttpStatusCode.NotAcceptable,
            (await hub.SendAsync(HttpMethod.Get, Maps, accept: "application/vnd.kubernetes.protobuf")).Code
        );

    [Fact]
    public async Task A_watch_from_a_list_misses_nothing()
    {
        var from = (string)(await hub.GetAsync(Maps))["metadata"]!["resourceVersion"]!;
        await MakeAsync("a");
        await hub.MergeAsync($"{Maps}/a", """{"data":{"k":"v"}}""");
        await hub.DeleteAsync($"{Maps}/a");

        Assert.Equal(
            ["ADDED a", "MODIFIED a", "DELETED a"],
            await TakeAsync($"{Maps}?watch=true&resourceVersion={from}", 3)
        );
    }

    [Fact]
    public async Task A_watch_without_version_begins_with_what_is_there()
    {
        await MakeAsync("a");
        await MakeAsync("b");

        Assert.Equal(["ADDED a", "ADDED b"], await TakeAsync($"{Maps}?watch=1", 2));
    }

    [Fact]
    public async Task A_watch_with_a_selector_tells_of_coming_and_going()
    {
        await MakeAsync("a");
        var from = (string)(await hub.GetAsync(Maps))["metadata"]!["resourceVersion"]!;
        await hub.MergeAsync($"{Maps}/a", """{"metadata":{"labels":{"app":"web"}}}""");
        await hub.MergeAsync($"{Maps}/a", """{"data":{"k":"v"}}""");
        await hub.MergeAsync($"{Maps}/a", """{"metadata":{"labels":{"app":"db"}}}""");
        var live = TakeAsync($"{Maps}?watch=1&labelSelector=app%3Dlive", 3);
        await Task.Delay(200);
        await hub.MergeAsync($"{Maps}/a", """{"metadata":{"labels":{"app":"live"}}}""");
        await hub.MergeAsync($"{Maps}/a", """{"data":{"k":"w"}}""");
        await hub.MergeAsync($"{Maps}/a", """{"metadata":{"labels":{"app":"other"}}}""");

        Assert.Equal(["ADDED a", "MODIFIED a", "DELETED a"], await live);
        var replay = await TakeAsync(
            $"{Maps}?watch=1&labelSelector=app%3Dweb&resourceVersion={from}&timeoutSeconds=1",
            10
        );
        Assert.Contains("DELETED a", replay);
    }

    [Fact]
    public async Task A_watch_of_tables_sends_the_columns_once()
    {
        await MakeAsync("a");
        await MakeAsync("b");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Maps}?watch=1&timeoutSeconds=1");
        request.Headers.TryAddWithoutValidation("Accept", Table);
        using var response = await hub.Http.SendAsync(request);
        var events = (await response.Content.ReadAsStringAsync())
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonNode.Parse(l)!)
            .ToList();

        Assert.Equal(3, events[0]["object"]!["columnDefinitions"]!.AsArray().Count);
        Assert.Null(events[1]["object"]!["columnDefinitions"]);
    }

    [Fact]
    public async Task Initial_events_end_with_a_bookmark()
    {
        await MakeAsync("a");
        var events = new List<JsonNode>();
        await foreach (
            var e in hub.WatchAsync(
                $"{Maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1"
            )
        )
        {
            events.Add(e);
        }

        Assert.Equal(["ADDED", "BOOKMARK"], events.Select(e => (string)e["type"]!));
        Assert.Equal("true", (string)events[1]["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!);
    }

    [Fact]
    public async Task The_time_limit_ends_every_watch_properly()
    {
        // A watch that ended in the middle of a step broke its stream now and then; kubectl told of INTERNAL_ERROR.
        await MakeAsync("a");
        var watches = Enumerable
            .Range(0, 40)
            .Select(_ => hub.Http.GetStringAsync($"{Maps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=1"));

        Assert.All(
            await Task.WhenAll(watches),
            text => Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        );
    }

    [Fact]
    public async Task A_version_from_the_future_is_a_timeout()
    {
        var (code, status) = await hub.SendAsync(HttpMethod.Get, $"{Maps}?watch=1&resourceVersion=999999");

        Assert.Equal(HttpStatusCode.GatewayTimeout, code);
        Assert.Contains("Too large resource version", (string)status["message"]!);
        Assert.Equal("Timeout", (string)status["reason"]!);
        Assert.Equal("ResourceVersionTooLarge", (string?)status["details"]?["causes"]?[0]?["reason"]);
    }

    private Task<JsonNode> MakeAsync(string name, string? app = null) =>
        hub.PostAsync(
            Maps,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["labels"] = app is null ? new JsonObject() : new JsonObject { ["app"] = app },
                },
            }.ToJsonString()
        );

    private async Task<List<string>> TakeAsync(string path, int count)
    {
        var seen = new List<string>();
        await foreach (var e in hub.WatchAsync(path))
        {
            seen.Add($"{(string)e["type"]!} {(string)e["object"]!["metadata"]!["name"]!}");
            if (seen.Count == count)
            {
                break;
            }
        }

        return seen;
    }

    private static IEnumerable<string> Names(JsonNode list) =>
        list["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!);

    private static long Version(JsonNode o) => long.Parse((string)o["metadata"]!["resourceVersion"]!);
}
