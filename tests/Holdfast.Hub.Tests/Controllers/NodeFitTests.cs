using System.Text.Json.Nodes;
using Holdfast.Hub.Controllers;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class NodeFitTests
{
    private const string Node = """
        {"metadata":{"name":"n"},"status":{"allocatable":{"cpu":"2","memory":"1Gi","ephemeral-storage":"10Gi","pods":"3"} } }
        """;

    [Theory]
    [InlineData(""" "containers":[{"resources":{"requests":{"cpu":"2"}}}] """, "")]
    [InlineData(""" "containers":[{"resources":{"requests":{"cpu":"2001m"}}}] """, "Insufficient cpu")]
    [InlineData(
        """ "containers":[{"resources":{"requests":{"memory":"2Gi","cpu":"3"}}}] """,
        "Insufficient cpu, Insufficient memory"
    )]
    [InlineData(
        """ "containers":[{"resources":{"requests":{"nvidia.com/gpu":"1"},"limits":{"nvidia.com/gpu":"1"}}}] """,
        "Insufficient nvidia.com/gpu"
    )]
    [InlineData(
        """ "containers":[{"resources":{"requests":{"ephemeral-storage":"900Ti"}}}] """,
        "Insufficient ephemeral-storage"
    )]
    [InlineData(
        """ "containers":[{"resources":{"requests":{"hugepages-2Mi":"4Mi"}}}] """,
        "Insufficient hugepages-2Mi"
    )]
    [InlineData(
        """ "initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"1500m"}}}],"containers":[{"resources":{"requests":{"cpu":"1500m"}}}] """,
        "Insufficient cpu"
    )]
    [InlineData(
        """ "initContainers":[{"resources":{"requests":{"cpu":"1500m"}}}],"containers":[{"resources":{"requests":{"cpu":"1500m"}}}] """,
        ""
    )]
    [InlineData(
        """ "initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}},{"resources":{"requests":{"cpu":"1500m"}}}],"containers":[{}] """,
        "Insufficient cpu"
    )]
    [InlineData(
        """ "initContainers":[{"resources":{"requests":{"cpu":"1500m"}}},{"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}}],"containers":[{}] """,
        ""
    )]
    public void Every_resource_counts(string spec, string problems) => Assert.Equal(problems, Problems(Pod(spec)));

    [Theory]
    [InlineData(""" {"hostPort":80,"protocol":"TCP"} """, """ {"hostPort":80,"protocol":"TCP"} """, true)]
    [InlineData(""" {"hostPort":80,"protocol":"TCP"} """, """ {"hostPort":80,"protocol":"UDP"} """, false)]
    [InlineData(""" {"hostPort":80,"hostIP":"10.0.0.1"} """, """ {"hostPort":80,"hostIP":"10.0.0.2"} """, false)]
    [InlineData(""" {"hostPort":80,"hostIP":"10.0.0.1"} """, """ {"hostPort":80} """, true)]
    [InlineData(""" {"containerPort":80} """, """ {"containerPort":80} """, false)]
    public void A_port_of_the_node_is_given_once(string wanted, string taken, bool conflicts) =>
        Assert.Equal(
            conflicts ? "node(s) didn't have free ports for the requested pod ports" : "",
            Problems(
                Pod($$""" "containers":[{"ports":[{{wanted}}]}] """),
                Pod($$""" "containers":[{"ports":[{{taken}}]}] """)
            )
        );

    [Fact]
    public void A_node_takes_as_many_pods_as_it_says()
    {
        var pod = Pod(""" "containers":[{}] """);

        Assert.Equal("", Problems(pod, pod, pod));
        Assert.Equal("Too many pods", Problems(pod, pod, pod, pod));
    }

    private static string Problems(JsonObject pod, params JsonObject[] others) =>
        string.Join(", ", NodeFit.Problems(pod, JsonNode.Parse(Node)!.AsObject(), others));

    private static JsonObject Pod(string spec) => JsonNode.Parse($$$"""{"spec":{{{{spec}}}}}""")!.AsObject();
}
