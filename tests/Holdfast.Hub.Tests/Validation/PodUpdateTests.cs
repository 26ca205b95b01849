using System.Net;

namespace Holdfast.Hub.Tests.Validation;

public sealed class PodUpdateTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync(withAgent: true);

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_gated_pod_waits_until_its_gates_are_removed()
    {
        var gated = await hub.PostAsync(
            Pods,
            Pod(""" "schedulingGates":[{"name":"example.com/a"},{"name":"example.com/b"}] """)
        );
        var condition = Assert.Single(gated["status"]!["conditions"]!.AsArray())!;
        Assert.Equal("SchedulingGated", (string)condition["reason"]!);
        Assert.Equal("Scheduling is blocked due to non-empty scheduling gates", (string)condition["message"]!);

        var (code, status) = await hub.SendAsync(
            HttpMethod.Post,
            $"{Pods}/p/binding",
            """{"metadata":{"name":"p"},"target":{"name":"edge1"}}"""
        );
        Assert.Equal(HttpStatusCode.Conflict, code);
        Assert.Contains("pod p has non-empty .spec.schedulingGates", (string)status["message"]!);

        // Whoever holds the pod back narrows where it runs, removes one gate, then the other.
        await hub.MergeAsync(
            $"{Pods}/p",
            """{"spec":{"nodeSelector":{"disktype":"ssd"},"schedulingGates":[{"name":"example.com/b"}]}}"""
        );
        await hub.MergeAsync($"{Pods}/p", """{"spec":{"schedulingGates":null}}""");
        await hub.UntilAsync($"{Pods}/p", p => (string?)p["spec"]!["nodeName"] == TestHub.Node);
    }

    [Theory]
    [InlineData(
        """{"schedulingGates":[{"name":"example.com/a"},{"name":"example.com/z"}]}""",
        "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'example.com/z'"
    )]
    [InlineData(
        """{"nodeSelector":{"a":"2"}}""",
        "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
    )]
    [InlineData(
        """{"tolerations":[{"key":"other","operator":"Exists"}]}""",
        "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
    )]
    [InlineData(
        """{"activeDeadlineSeconds":101}""",
        "spec.activeDeadlineSeconds: Invalid value: 101: must be less than or equal to previous value"
    )]
    [InlineData(
        """{"activeDeadlineSeconds":null}""",
        "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"
    )]
    [InlineData("""{"terminationGracePeriodSeconds":3}""", "pod updates may not change fields other than")]
    [InlineData("""{"containers":[]}""", "spec.containers: Forbidden: pod updates may not add or remove containers")]
    [InlineData("""{"schedulingGates":null,"hostNetwork":true}""", "pod updates may not change fields other than")]
    public async Task What_may_not_change_is_told(string change, string message)
    {
        await hub.PostAsync(
            Pods,
            Pod(
                """
                "schedulingGates":[{"name":"example.com/a"}],"nodeSelector":{"a":"1"},"activeDeadlineSeconds":100,
                "tolerations":[{"key":"a","operator":"Exists"}]
                """
            )
        );
        var (code, status) = await hub.SendAsync(
            HttpMethod.Patch,
            $"{Pods}/p",
            $$$"""{"spec":{{{change}}}}""",
            "application/merge-patch+json"
        );

        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains(message, (string)status["message"]!);
    }

    [Fact]
    public async Task An_unknown_priority_class_is_refused_and_a_known_one_becomes_a_number()
    {
        var (code, status) = await hub.SendAsync(HttpMethod.Post, Pods, Pod(""" "priorityClassName":"nosuch" """));
        Assert.Equal(HttpStatusCode.Forbidden, code);
        Assert.Equal(
            "pods \"p\" is forbidden: no PriorityClass with name nosuch was found",
            (string)status["message"]!
        );

        var pod = await hub.PostAsync(Pods, Pod(""" "priorityClassName":"system-node-critical" """));
        Assert.Equal(2_000_001_000, (long)pod["spec"]!["priority"]!);
    }

    private static string Pod(string more) =>
        $$$"""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}],{{{more}}} } }""";
}
