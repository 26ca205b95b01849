using System.Net;
using System.Text.Json.Nodes;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class ControllerTests : IAsyncLifetime
{
    private const string Root = "/apis/apps/v1/namespaces/default";
    private const string Pods = "/api/v1/namespaces/default/pods";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync(withAgent: true);

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_deployment_becomes_available()
    {
        await DeployAsync("web", 3);
        var web = await AvailableAsync("web", 3);

        Assert.Equal("1", (string)web["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]!);
        Assert.Equal("NewReplicaSetAvailable", Condition(web, "Progressing")["reason"]!.GetValue<string>());
        Assert.Equal((long)web["metadata"]!["generation"]!, (long)web["status"]!["observedGeneration"]!);
        var pods = (await hub.GetAsync(Pods))["items"]!.AsArray();
        Assert.Equal(3, pods.Count);
        Assert.All(pods, p => Assert.NotNull(p!["metadata"]!["labels"]!["pod-template-hash"]));
    }

    [Fact]
    public async Task A_new_template_rolls_out_and_the_old_set_is_kept_for_undo()
    {
        await DeployAsync("web", 3);
        await AvailableAsync("web", 3);
        await hub.MergeAsync($"{Root}/deployments/web", Image("nginx:2"));
        var web = await hub.UntilAsync(
            $"{Root}/deployments/web",
            d =>
                Condition(d, "Progressing")?["reason"]?.GetValue<string>() == "NewReplicaSetAvailable"
                && (long?)d["status"]!["updatedReplicas"] == 3
                && (long?)d["status"]!["replicas"] == 3
                && (long?)d["status"]!["observedGeneration"] == (long)d["metadata"]!["generation"]!
                && (string)d["metadata"]!["annotations"]!["deployment.kubernetes.io/revision"]! == "2"
        );

        var sets = (await hub.GetAsync($"{Root}/replicasets"))["items"]!.AsArray();
        Assert.Equal([0L, 3L], sets.Select(s => (long)s!["spec"]!["replicas"]!).Order());
        Assert.NotNull(web);
    }

    [Fact]
    public async Task A_broken_template_never_takes_the_old_pods_below_the_limit()
    {
        await DeployAsync("web", 4);
        await AvailableAsync("web", 4);
        await hub.MergeAsync($"{Root}/deployments/web", Image(FakeAgent.BrokenImage));
        await hub.UntilAsync($"{Root}/deployments/web", d => (long?)d["status"]!["updatedReplicas"] >= 1);
        await Task.Delay(500);

        var ready = (await hub.GetAsync(Pods))["items"]!
            .AsArray()
            .Count(p => (string)p!["spec"]!["containers"]![0]!["image"]! == "nginx:1");
        Assert.Equal(3, ready);
    }

    [Fact]
    public async Task Recreate_begins_when_the_last_old_pod_is_gone()
    {
        await DeployAsync("web", 2, "Recreate");
        await AvailableAsync("web", 2);
        await hub.MergeAsync($"{Root}/deployments/web", Image("nginx:2"));
        await hub.UntilAsync(
            Pods,
            l =>
                l["items"]!.AsArray() is { Count: 2 } items
                && items.All(p => (string)p!["spec"]!["containers"]![0]!["image"]! == "nginx:2")
        );
    }

    [Fact]
    public async Task Scaling_goes_through_the_scale_subresource()
    {
        await DeployAsync("web", 1);
        await AvailableAsync("web", 1);
        var scale = await hub.GetAsync($"{Root}/deployments/web/scale");
        Assert.Equal("app=web", (string)scale["status"]!["selector"]!);

        await hub.MergeAsync($"{Root}/deployments/web/scale", """{"spec":{"replicas":4}}""");
        await AvailableAsync("web", 4);
        await hub.MergeAsync($"{Root}/deployments/web/scale", """{"spec":{"replicas":0}}""");
        await hub.UntilAsync(Pods, l => l["items"]!.AsArray().Count == 0);
    }

    [Fact]
    public async Task A_lost_pod_is_replaced()
    {
        await DeployAsync("web", 1);
        await AvailableAsync("web", 1);
        var name = (string)(await hub.GetAsync(Pods))["items"]![0]!["metadata"]!["name"]!;
        await hub.DeleteAsync($"{Pods}/{name}");

        await hub.UntilAsync(
            Pods,
            l => l["items"]!.AsArray() is { Count: 1 } items && (string)items[0]!["metadata"]!["name"]! != name
        );
    }

    [Theory]
    [InlineData("Background")]
    [InlineData("Foreground")]
    public async Task Deleting_a_deployment_takes_all_it_owns(string policy)
    {
        await DeployAsync("web", 2);
        await AvailableAsync("web", 2);
        await hub.DeleteAsync($"{Root}/deployments/web", $$"""{"propagationPolicy":"{{policy}}"}""");

        await hub.UntilAsync(Pods, l => l["items"]!.AsArray().Count == 0);
        await hub.UntilAsync($"{Root}/replicasets", l => l["items"]!.AsArray().Count == 0);
        await hub.UntilAsync($"{Root}/deployments", l => l["items"]!.AsArray().Count == 0);
    }

    [Fact]
    public async Task Orphans_are_let_go_and_live_on()
    {
        await DeployAsync("web", 1);
        await AvailableAsync("web", 1);
        await hub.DeleteAsync($"{Root}/deployments/web", """{"propagationPolicy":"Orphan"}""");
        await hub.UntilAsync($"{Root}/deployments", l => l["items"]!.AsArray().Count == 0);
        await Task.Delay(200);

        var set = Assert.Single((await hub.GetAsync($"{Root}/replicasets"))["items"]!.AsArray())!;
        Assert.Empty(set["metadata"]!["ownerReferences"]?.AsArray() ?? []);
        Assert.Single((await hub.GetAsync(Pods))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_namespace_goes_with_all_it_has()
    {
        await hub.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"other"}}""");
        await hub.PostAsync("/api/v1/namespaces/other/pods", Pod("p"));
        await hub.PostAsync("/api/v1/namespaces/other/configmaps", """{"metadata":{"name":"m"}}""");
        var marked = await hub.DeleteAsync("/api/v1/namespaces/other");

        Assert.Equal("Terminating", (string)marked["status"]!["phase"]!);
        await hub.UntilAsync("/api/v1/namespaces/other", s => (int?)s["code"] == 404);
        Assert.Empty((await hub.GetAsync("/api/v1/configmaps"))["items"]!.AsArray());
    }

    [Fact]
    public async Task A_namespace_says_what_it_still_waits_for()
    {
        const string Other = "/api/v1/namespaces/other";
        await hub.PostAsync("/api/v1/namespaces", """{"metadata":{"name":"other"}}""");
        await hub.PostAsync(
            $"{Other}/configmaps",
            """{"metadata":{"name":"m","finalizers":["example.com/x","example.com/y"]}}"""
        );
        await hub.DeleteAsync(Other);
        var home = await hub.UntilAsync(Other, n => Condition(n, "NamespaceContentRemaining") is not null);

        Assert.Equal(
            "Some resources are remaining: configmaps. has 1 resource instances",
            (string)Condition(home, "NamespaceContentRemaining")["message"]!
        );
        Assert.Equal(
            "Some content in the namespace has finalizers remaining: example.com/x in 1 resource instances, "
                + "example.com/y in 1 resource instances",
            (string)Condition(home, "NamespaceFinalizersRemaining")["message"]!
        );
        await hub.MergeAsync($"{Other}/configmaps/m", """{"metadata":{"finalizers":null}}""");
        await hub.UntilAsync(Other, s => (int?)s["code"] == 404);
    }

    [Fact]
    public async Task The_first_namespaces_cannot_be_deleted()
    {
        var (code, status) = await hub.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/kube-system");

        Assert.Equal(HttpStatusCode.Forbidden, code);
        Assert.Contains("this namespace may not be deleted", (string)status["message"]!);
    }

    [Fact]
    public async Task A_pod_is_bound_when_a_label_of_the_node_begins_to_match()
    {
        await hub.PostAsync(Pods, Pod("p", """ "nodeSelector":{"gpu":"yes"}, """));
        var waiting = await hub.UntilAsync($"{Pods}/p", p => Condition(p, "PodScheduled") is not null);
        Assert.Equal(
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
            (string)Condition(waiting, "PodScheduled")["message"]!
        );
        await hub.UntilAsync(
            "/api/v1/namespaces/default/events?fieldSelector=reason%3DFailedScheduling",
            l => l["items"]!.AsArray().Count == 1
        );

        await hub.MergeAsync($"/api/v1/nodes/{TestHub.Node}", """{"metadata":{"labels":{"gpu":"yes"}}}""");
        await hub.UntilAsync($"{Pods}/p", p => (string?)p["spec"]!["nodeName"] == TestHub.Node);
    }

    [Theory]
    [InlineData(
        """ "containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"100"}}}] """,
        "1 Insufficient cpu"
    )]
    [InlineData(
        """ "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"disktype","operator":"NotIn","values":["ssd"]}]}]}}},"containers":[{"name":"c","image":"i"}] """,
        "didn't match Pod's node affinity/selector"
    )]
    public async Task A_pod_that_does_not_fit_says_why(string spec, string message)
    {
        await hub.PostAsync(Pods, $$$"""{"metadata":{"name":"p"},"spec":{{{{spec}}}}}""");
        var pod = await hub.UntilAsync($"{Pods}/p", p => Condition(p, "PodScheduled") is not null);

        Assert.Contains(message, (string)Condition(pod, "PodScheduled")["message"]!);
    }

    [Fact]
    public async Task A_cordoned_node_takes_no_pod()
    {
        await hub.UntilAsync($"/api/v1/nodes/{TestHub.Node}", n => (string?)n["kind"] == "Node");
        await hub.MergeAsync($"/api/v1/nodes/{TestHub.Node}", """{"spec":{"unschedulable":true}}""");
        await hub.PostAsync(Pods, Pod("p"));
        await hub.UntilAsync(
            $"{Pods}/p",
            p => ((string?)Condition(p, "PodScheduled")?["message"])?.Contains("were unschedulable") == true
        );
    }

    [Fact]
    public async Task A_pod_whose_class_is_missing_fails_its_deployment_visibly()
    {
        await hub.PostAsync(
            $"{Root}/deployments",
            Deployment("web", 1, "RollingUpdate")
                .Replace("\"containers\"", "\"runtimeClassName\":\"none\",\"containers\"")
        );
        var web = await hub.UntilAsync($"{Root}/deployments/web", d => Condition(d, "ReplicaFailure") is not null);

        Assert.Contains("RuntimeClass \"none\" not found", (string)Condition(web, "ReplicaFailure")["message"]!);
        await hub.PostAsync("/apis/node.k8s.io/v1/runtimeclasses", """{"metadata":{"name":"none"},"handler":"runc"}""");
        await AvailableAsync("web", 1);
    }

    [Fact]
    public async Task A_set_that_cannot_create_pods_counts_one_event_without_a_generated_name()
    {
        await hub.PostAsync(
            $"{Root}/deployments",
            Deployment("web", 1, "RollingUpdate")
                .Replace("\"containers\"", "\"runtimeClassName\":\"none\",\"containers\"")
        );
        var events = await hub.UntilAsync(
            "/api/v1/namespaces/default/events?fieldSelector=reason%3DFailedCreate",
            l => l["items"]!.AsArray().Any(e => (long)e!["count"]! >= 4)
        );

        var told = Assert.Single(events["items"]!.AsArray())!;
        var set = (string)told["involvedObject"]!["name"]!;
        Assert.StartsWith($"Error creating: pods \"{set}-\" is forbidden", (string)told["message"]!);
        var web = await hub.GetAsync($"{Root}/deployments/web");
        Assert.StartsWith($"pods \"{set}-\" is forbidden", (string)Condition(web, "ReplicaFailure")["message"]!);
    }

    [Theory]
    [InlineData("\"progressDeadlineSeconds\":9999999,")]
    [InlineData("\"progressDeadlineSeconds\":2147483646,")]
    [InlineData("\"minReadySeconds\":9999998,\"progressDeadlineSeconds\":9999999,")]
    public async Task A_wait_of_months_stops_no_controller(string wait)
    {
        await hub.PostAsync(
            $"{Root}/deployments",
            Deployment("slow", 1, "RollingUpdate").Replace("\"replicas\"", $"{wait}\"replicas\"")
        );
        await hub.UntilAsync($"{Root}/deployments/slow", d => (long?)d["status"]?["readyReplicas"] == 1);

        await DeployAsync("web", 1);
        await AvailableAsync("web", 1);
    }

    [Fact]
    public async Task Old_events_expire()
    {
        const string Events = "/api/v1/namespaces/default/events";
        await hub.PostAsync(Events, """{"metadata":{"name":"old"},"lastTimestamp":"2020-01-01T00:00:00Z"}""");
        await hub.PostAsync(Events, """{"metadata":{"name":"new"}}""");

        await hub.UntilAsync($"{Events}/old", s => (int?)s["code"] == 404);
        await hub.GetAsync($"{Events}/new");
    }

    private async Task DeployAsync(string name, int replicas, string strategy = "RollingUpdate") =>
        await hub.PostAsync($"{Root}/deployments", Deployment(name, replicas, strategy));

    private static string Deployment(string name, int replicas, string strategy) =>
        $$$"""
            {"metadata":{"name":"{{{name}}}"},"spec":{"replicas":{{{replicas}}},"strategy":{"type":"{{{strategy}}}"},
             "selector":{"matchLabels":{"app":"{{{name}}}"} },
             "template":{"metadata":{"labels":{"app":"{{{name}}}"} },"spec":{"containers":[{"name":"c","image":"nginx:1"}]} } } }
            """;

    private static string Image(string image) =>
        $$$"""{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"{{{image}}}"}]} } } }""";

    private static string Pod(string name, string more = "") =>
        $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{ {{{more}}} "containers":[{"name":"c","image":"i"}]} }""";

    private Task<JsonNode> AvailableAsync(string name, int replicas) =>
        hub.UntilAsync(
            $"{Root}/deployments/{name}",
            d =>
                (long?)d["status"]?["availableReplicas"] == replicas
                && (long?)d["status"]?["observedGeneration"] == (long)d["metadata"]!["generation"]!
                && (string?)Condition(d, "Available")?["status"] == "True"
                && (string?)Condition(d, "Progressing")?["reason"] == "NewReplicaSetAvailable"
        );

    private static JsonNode Condition(JsonNode o, string type) =>
        o["status"]?["conditions"]?.AsArray().FirstOrDefault(c => (string)c!["type"]! == type)!;
}
