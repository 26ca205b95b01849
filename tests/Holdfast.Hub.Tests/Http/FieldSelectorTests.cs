using System.Text.Json.Nodes;
using Holdfast.Hub.Resources;

namespace Holdfast.Hub.Tests.Http;

public sealed class FieldSelectorTests : IAsyncLifetime
{
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public void A_field_that_is_not_set_has_the_zero_value_of_its_type()
    {
        var zeros = ResourceTable
            .Kubernetes.Rows.SelectMany(r =>
                r.SelectableFields.Paths.Select(p => (Field: $"{r.Plural} {p}", Zero: r.SelectableFields.Value([], p)))
            )
            .ToList();

        Assert.Equal(
            ["nodes spec.unschedulable=false", "pods spec.hostNetwork=false", "replicasets status.replicas=0"],
            zeros.Where(z => z.Zero.Length > 0).Select(z => $"{z.Field}={z.Zero}").Order(StringComparer.Ordinal)
        );
        Assert.Contains("events source", zeros.Select(z => z.Field));
    }

    [Theory]
    [InlineData("nodes", "spec.unschedulable=false", "plain")]
    [InlineData("nodes", "spec.unschedulable!=false", "set")]
    [InlineData("nodes", "spec.unschedulable=true", "set")]
    [InlineData("nodes", "spec.unschedulable!=true", "plain")]
    [InlineData("namespaces/default/pods", "spec.hostNetwork=false", "plain")]
    [InlineData("namespaces/default/pods", "spec.hostNetwork!=false", "set")]
    [InlineData("namespaces/default/pods", "spec.nodeName=", "plain,set")]
    [InlineData("namespaces/default/pods", "status.podIP=", "plain,set")]
    [InlineData("namespaces/default/events", "source=kubelet", "set")]
    [InlineData("namespaces/default/events", "source!=kubelet", "plain")]
    [InlineData("namespaces", "name=default", "default")]
    public async Task Both_operators_see_it(string path, string selector, string names)
    {
        await hub.PostAsync("/api/v1/nodes", """{"metadata":{"name":"plain"}}""");
        await hub.PostAsync("/api/v1/nodes", """{"metadata":{"name":"set"},"spec":{"unschedulable":true}}""");
        const string Pods = "/api/v1/namespaces/default/pods";
        const string Containers = """ "containers":[{"name":"c","image":"i"}] """;
        await hub.PostAsync(Pods, $$$"""{"metadata":{"name":"plain"},"spec":{{{{Containers}}}}}""");
        await hub.PostAsync(Pods, $$$"""{"metadata":{"name":"set"},"spec":{"hostNetwork":true,{{{Containers}}}}}""");
        const string Events = "/api/v1/namespaces/default/events";
        await hub.PostAsync(Events, """{"metadata":{"name":"plain"}}""");
        await hub.PostAsync(Events, """{"metadata":{"name":"set"},"source":{"component":"kubelet"}}""");

        var list = await hub.GetAsync($"/api/v1/{path}?fieldSelector={Uri.EscapeDataString(selector)}");
        Assert.Equal(names, string.Join(',', list["items"]!.AsArray().Select(i => (string)i!["metadata"]!["name"]!)));
    }

    [Theory]
    [InlineData(
        "sendInitialEvents=true",
        422,
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
    )]
    [InlineData(
        "resourceVersionMatch=NotOlderThan&resourceVersion=1",
        422,
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
    )]
    [InlineData(
        "sendInitialEvents=true&resourceVersionMatch=Exact",
        422,
        "resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\""
    )]
    public async Task A_watch_whose_options_contradict_each_other_is_refused(string query, int code, string message)
    {
        var (actual, status) = await hub.SendAsync(HttpMethod.Get, $"/api/v1/namespaces?watch=1&{query}");

        Assert.Equal(code, (int)actual);
        Assert.Contains(message, (string)status["message"]!);
    }

    [Fact]
    public async Task A_watch_that_wants_no_initial_events_gets_none()
    {
        var first = NextAsync(
            "/api/v1/namespaces?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&timeoutSeconds=5"
        );
        for (var i = 0; !first.IsCompleted; i++)
        {
            await hub.PostAsync("/api/v1/namespaces", $$$"""{"metadata":{"name":"later-{{{i}}}"}}""");
        }

        Assert.StartsWith("later-", (string)(await first)["object"]!["metadata"]!["name"]!);
    }

    private async Task<JsonNode> NextAsync(string path)
    {
        await foreach (var e in hub.WatchAsync(path))
        {
            return e;
        }

        throw new InvalidOperationException("the watch ended without an event");
    }
}
