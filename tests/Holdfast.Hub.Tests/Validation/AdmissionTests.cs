using System.Net;
using System.Text.Json.Nodes;
using Holdfast.Hub.Admission;

namespace Holdfast.Hub.Tests.Validation;

public sealed class AdmissionTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_pod_gets_kubernetes_defaults()
    {
        var pod = await hub.PostAsync(
            Pods,
            """
            {"metadata":{"name":"p"},"spec":{"volumes":[{"name":"v"},{"name":"c","configMap":{"name":"m"}}],
             "containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80}],"livenessProbe":{"httpGet":{"port":80}},
             "resources":{"limits":{"cpu":0.5}}}]}}
            """
        );
        var spec = pod["spec"]!;
        var container = spec["containers"]![0]!;

        Assert.Equal("Always", (string)spec["restartPolicy"]!);
        Assert.Equal(30, (long)spec["terminationGracePeriodSeconds"]!);
        Assert.Equal("ClusterFirst", (string)spec["dnsPolicy"]!);
        Assert.Equal("default-scheduler", (string)spec["schedulerName"]!);
        Assert.Equal("Always", (string)container["imagePullPolicy"]!);
        Assert.Equal("/dev/termination-log", (string)container["terminationMessagePath"]!);
        Assert.Equal("TCP", (string)container["ports"]![0]!["protocol"]!);
        Assert.Equal(3, (long)container["livenessProbe"]!["failureThreshold"]!);
        Assert.Equal("/", (string)container["livenessProbe"]!["httpGet"]!["path"]!);
        Assert.Equal("500m", (string)container["resources"]!["requests"]!["cpu"]!);
        Assert.NotNull(spec["volumes"]![0]!["emptyDir"]);
        Assert.Equal(420, (long)spec["volumes"]![1]!["configMap"]!["defaultMode"]!);
        Assert.Equal("Burstable", (string)pod["status"]!["qosClass"]!);
    }

    [Theory]
    [InlineData("nginx", "Always")]
    [InlineData("nginx:latest", "Always")]
    [InlineData("nginx:1", "IfNotPresent")]
    [InlineData("host:5000/nginx", "Always")]
    [InlineData("host:5000/nginx:1", "IfNotPresent")]
    [InlineData("nginx@sha256:0000", "IfNotPresent")]
    public void The_pull_policy_follows_the_tag(string image, string policy)
    {
        var spec = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["image"] = image }) };
        PodDefaults.Apply(spec);

        Assert.Equal(policy, (string)spec["containers"]![0]!["imagePullPolicy"]!);
    }

    [Theory]
    [InlineData("{}", "BestEffort")]
    [InlineData("""{"requests":{"cpu":"1"}}""", "Burstable")]
    [InlineData("""{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"1000m","memory":"1024Mi"}}""", "Guaranteed")]
    [InlineData("""{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"1"}}""", "Burstable")]
    public void The_quality_follows_the_resources(string resources, string quality)
    {
        var spec = JsonNode.Parse($$"""{"containers":[{"resources":{{resources}}}]}""");

        Assert.Equal(quality, PodQuality.ClassOf(spec));
    }

    [Fact]
    public async Task An_unknown_runtime_class_is_refused_in_kubernetes_words()
    {
        var (code, status) = await hub.SendAsync(HttpMethod.Post, Pods, Pod(""" "runtimeClassName":"none", """));

        Assert.Equal(HttpStatusCode.Forbidden, code);
        Assert.Equal(
            "pods \"p\" is forbidden: pod rejected: RuntimeClass \"none\" not found",
            (string)status["message"]!
        );
    }

    [Fact]
    public async Task Overhead_and_node_selector_of_the_class_become_the_pods()
    {
        await hub.PostAsync(
            "/apis/node.k8s.io/v1/runtimeclasses",
            """
            {"metadata":{"name":"kata"},"handler":"kata","overhead":{"podFixed":{"memory":"100Mi"}},
             "scheduling":{"nodeSelector":{"kata":"yes"}}}
            """
        );
        var pod = await hub.PostAsync(Pods, Pod(""" "runtimeClassName":"kata", """));

        Assert.Equal("100Mi", (string)pod["spec"]!["overhead"]!["memory"]!);
        Assert.Equal("yes", (string)pod["spec"]!["nodeSelector"]!["kata"]!);
    }

    [Fact]
    public async Task Every_finding_is_told_at_once()
    {
        var (code, status) = await hub.SendAsync(
            HttpMethod.Post,
            Pods,
            """
            {"metadata":{"name":"Bad_Name"},"spec":{"restartPolicy":"Sometimes","volumes":[{"name":"v","emptyDir":{},"hostPath":{"path":"/x"}}],
             "containers":[{"name":"a","ports":[{"containerPort":99999}],"volumeMounts":[{"name":"nope","mountPath":"/x"}]},
             {"name":"a","image":"x","env":[{"value":"1"}]}]}}
            """
        );

        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Equal("Invalid", (string)status["reason"]!);
        var causes = status["details"]!["causes"]!
            .AsArray()
            .Select(c => $"{(string)c!["field"]!}: {(string)c["message"]!}")
            .ToList();
        Assert.Contains(
            causes,
            c =>
                c.StartsWith(
                    "metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123",
                    StringComparison.Ordinal
                )
        );
        Assert.Contains("spec.containers[0].image: Required value", causes);
        Assert.Contains(
            "spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive",
            causes
        );
        Assert.Contains("spec.containers[0].volumeMounts[0].name: Not found: \"nope\"", causes);
        Assert.Contains("spec.containers[1].name: Duplicate value: \"a\"", causes);
        Assert.Contains("spec.containers[1].env[0].name: Required value", causes);
        Assert.Contains("spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type", causes);
        Assert.Contains(
            "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"",
            causes
        );
    }

    [Fact]
    public async Task A_running_pod_may_change_its_image_and_nothing_else()
    {
        await hub.PostAsync(Pods, Pod(""));
        await hub.SendAsync(
            HttpMethod.Patch,
            $"{Pods}/p",
            """{"spec":{"containers":[{"name":"c","image":"i:2"}]}}""",
            "application/strategic-merge-patch+json"
        );
        Assert.Equal("i:2", (string)(await hub.GetAsync($"{Pods}/p"))["spec"]!["containers"]![0]!["image"]!);
        var (code, status) = await hub.SendAsync(
            HttpMethod.Patch,
            $"{Pods}/p",
            """{"spec":{"hostNetwork":true}}""",
            "application/merge-patch+json"
        );

        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains("pod updates may not change fields other than", (string)status["message"]!);
    }

    [Theory]
    [InlineData("""{"matchLabels":{"app":"other"}}""", "`selector` does not match template `labels`")]
    [InlineData("{}", "empty selector is invalid for deployment")]
    [InlineData("null", "spec.selector: Required value")]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"Near"}]}""", "not a valid selector operator")]
    public async Task Deployments_need_a_selector_that_fits(string selector, string message)
    {
        var (code, status) = await hub.SendAsync(
            HttpMethod.Post,
            "/apis/apps/v1/namespaces/default/deployments",
            $$$"""
            {"metadata":{"name":"d"},"spec":{"selector":{{{selector}}},"template":{"metadata":{"labels":{"app":"web"} },
             "spec":{"containers":[{"name":"c","image":"i"}]} } } }
            """
        );

        Assert.Equal(HttpStatusCode.UnprocessableEntity, code);
        Assert.Contains(message, (string)status["message"]!);
    }

    private static string Pod(string more) =>
        $$$"""{"metadata":{"name":"p"},"spec":{ {{{more}}} "containers":[{"name":"c","image":"i"}]} }""";
}
