using System.Text.Json.Nodes;

namespace Holdfast.Hub.Tests.Storage;

public sealed class StatusTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_status_write_takes_labels_and_annotations_along()
    {
        await hub.PostAsync("/api/v1/nodes", """{"metadata":{"name":"n"}}""");
        await hub.MergeAsync(
            "/api/v1/nodes/n/status",
            """
            {"metadata":{"labels":{"a":"1"},"annotations":{"b":"2"}},"spec":{"unschedulable":true},
             "status":{"phase":"Running"}}
            """
        );
        var node = await hub.GetAsync("/api/v1/nodes/n");

        Assert.Equal("1", (string)node["metadata"]!["labels"]!["a"]!);
        Assert.Equal("2", (string)node["metadata"]!["annotations"]!["b"]!);
        Assert.Null(node["spec"]!["unschedulable"]);
    }

    [Fact]
    public async Task A_status_write_leaves_the_owners_of_a_pod_alone()
    {
        const string Owner = """{"apiVersion":"v1","kind":"Thing","name":"o","uid":"u"}""";
        await hub.PostAsync(
            Pods,
            $$$"""
            {"metadata":{"name":"p","ownerReferences":[{{{Owner}}}]},"spec":{"containers":[{"name":"c","image":"i"}]} }
            """
        );
        var pod = await hub.MergeAsync(
            $"{Pods}/p/status",
            """{"metadata":{"ownerReferences":null,"annotations":{"b":"2"}},"status":{"phase":"Running"}}"""
        );

        Assert.Single(pod["metadata"]!["ownerReferences"]!.AsArray());
        Assert.Equal("2", (string)pod["metadata"]!["annotations"]!["b"]!);
        Assert.Equal("Running", (string)pod["status"]!["phase"]!);
    }

    [Fact]
    public async Task A_status_write_leaves_the_labels_of_a_deployment_alone()
    {
        await hub.PostAsync(
            Deployments,
            """
            {"metadata":{"name":"d","labels":{"a":"1"}},"spec":{"replicas":0,"selector":{"matchLabels":{"a":"1"}},
             "template":{"metadata":{"labels":{"a":"1"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """
        );
        var written = await hub.MergeAsync($"{Deployments}/d/status", """{"metadata":{"labels":{"a":"2"}}}""");

        Assert.Equal("1", (string)written["metadata"]!["labels"]!["a"]!);
    }

    [Fact]
    public async Task Binding_leaves_the_generation_alone()
    {
        await hub.PostAsync(Pods, """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        await hub.PostAsync($"{Pods}/p/binding", """{"metadata":{"name":"p"},"target":{"kind":"Node","name":"n"}}""");
        JsonNode pod = await hub.GetAsync($"{Pods}/p");

        Assert.Equal("n", (string)pod["spec"]!["nodeName"]!);
        Assert.Equal(1, (long)pod["metadata"]!["generation"]!);
    }
}
