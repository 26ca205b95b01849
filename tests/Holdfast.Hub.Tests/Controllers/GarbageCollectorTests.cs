using System.Text.Json.Nodes;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class GarbageCollectorTests : IAsyncLifetime
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";
    private const string Classes = "/apis/node.k8s.io/v1/runtimeclasses";
    private const string Foreground = """{"propagationPolicy":"Foreground"}""";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_cluster_scoped_object_with_a_namespaced_owner_is_never_collected()
    {
        var owner = await hub.PostAsync(Maps, Map("owner"));
        await hub.PostAsync(
            Classes,
            $$$"""{"metadata":{"name":"kept","ownerReferences":[{{{Reference(owner)}}}]},"handler":"runc"}"""
        );
        await hub.DeleteAsync($"{Maps}/owner");

        // A dependent that is collected proves that the collector has seen the owner go.
        await hub.PostAsync(Maps, Map("seen", Reference(owner)));
        await hub.UntilAsync($"{Maps}/seen", s => (int?)s["code"] == 404);
        await hub.GetAsync($"{Classes}/kept");
    }

    [Fact]
    public async Task A_foreground_deletion_waits_for_those_that_block_it_alone()
    {
        var owner = await hub.PostAsync(Maps, Map("owner"));
        await hub.PostAsync(Maps, Map("free", Reference(owner), "example.com/x"));
        await hub.PostAsync(Maps, Map("blocking", Reference(owner, blocks: true), "example.com/x"));
        await hub.DeleteAsync($"{Maps}/owner", Foreground);

        await hub.UntilAsync($"{Maps}/blocking", m => m["metadata"]!["deletionTimestamp"] is not null);
        await hub.GetAsync($"{Maps}/owner");
        await hub.MergeAsync($"{Maps}/blocking", """{"metadata":{"finalizers":null}}""");
        await hub.UntilAsync($"{Maps}/owner", s => (int?)s["code"] == 404);
        await hub.UntilAsync($"{Maps}/free", m => m["metadata"]!["deletionTimestamp"] is not null);
    }

    [Fact]
    public async Task A_foreground_deletion_leaves_what_another_owner_holds()
    {
        var owner = await hub.PostAsync(Maps, Map("owner"));
        var other = await hub.PostAsync(Maps, Map("other"));
        await hub.PostAsync(Maps, Map("shared", $"{Reference(owner, blocks: true)},{Reference(other)}"));
        await hub.DeleteAsync($"{Maps}/owner", Foreground);
        await hub.UntilAsync($"{Maps}/owner", s => (int?)s["code"] == 404);

        var shared = await hub.GetAsync($"{Maps}/shared");
        var left = Assert.Single(shared["metadata"]!["ownerReferences"]!.AsArray())!;
        Assert.Equal("other", (string)left["name"]!);
    }

    private static string Map(string name, string owners = "", string finalizer = "") =>
        $$$"""
            {"metadata":{"name":"{{{name}}}","ownerReferences":[{{{owners}}}],
             "finalizers":[{{{(finalizer.Length == 0 ? "" : $"\"{finalizer}\"")}}}]} }
            """;

    private static string Reference(JsonNode owner, bool blocks = false) =>
        new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["name"] = (string)owner["metadata"]!["name"]!,
            ["uid"] = (string)owner["metadata"]!["uid"]!,
            ["blockOwnerDeletion"] = blocks,
        }.ToJsonString();
}
