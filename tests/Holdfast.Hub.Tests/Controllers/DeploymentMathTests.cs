using System.Text.Json.Nodes;
using Holdfast.Hub.Controllers;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class DeploymentMathTests
{
    [Theory]
    [InlineData(4, "\"25%\"", "\"25%\"", 1, 1)]
    [InlineData(3, "\"25%\"", "\"25%\"", 1, 0)]
    [InlineData(10, "3", "2", 3, 2)]
    [InlineData(1, "0", "\"25%\"", 0, 1)]
    [InlineData(2, "0", "5", 0, 2)]
    [InlineData(0, "\"25%\"", "\"25%\"", 0, 0)]
    public void Surge_rounds_up_and_unavailable_down(
        int replicas,
        string surge,
        string unavailable,
        int maxSurge,
        int maxUnavailable
    )
    {
        var deployment = (JsonObject)
            JsonNode.Parse(
                $$$"""
                {"spec":{"replicas":{{{replicas}}},"strategy":{"type":"RollingUpdate",
                 "rollingUpdate":{"maxSurge":{{{surge}}},"maxUnavailable":{{{unavailable}}} } } } }
                """
            )!;

        Assert.Equal(maxSurge, DeploymentMath.MaxSurge(deployment));
        Assert.Equal(maxUnavailable, DeploymentMath.MaxUnavailable(deployment));
    }

    [Fact]
    public void The_hash_knows_neither_the_order_of_fields_nor_its_own_label()
    {
        var a = JsonNode.Parse("""{"metadata":{"labels":{"a":"1"}},"spec":{"x":1,"y":{}}}""");
        var b = JsonNode.Parse("""{"spec":{"x":1},"metadata":{"labels":{"pod-template-hash":"q","a":"1"}}}""");
        var c = JsonNode.Parse("""{"spec":{"x":2},"metadata":{"labels":{"a":"1"}}}""");

        Assert.True(TemplateHash.AreSame(a, b));
        Assert.Equal(TemplateHash.Of(a, 0), TemplateHash.Of(b, 0));
        Assert.False(TemplateHash.AreSame(a, c));
        Assert.NotEqual(TemplateHash.Of(a, 0), TemplateHash.Of(a, 1));
    }
}
