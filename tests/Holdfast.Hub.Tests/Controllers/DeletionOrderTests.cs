using System.Text.Json.Nodes;
using Holdfast.Hub.Controllers;

namespace Holdfast.Hub.Tests.Controllers;

public sealed class DeletionOrderTests
{
    private const string Ready =
        """ "conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}] """;
    private const string ReadyLater =
        """ "conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-02T00:00:00Z"}] """;
    private const string Restarted = """ "containerStatuses":[{"restartCount":3}] """;

    [Theory]
    [InlineData(""" "phase":"Pending" """, "-", """ "phase":"Running" """, "-")]
    [InlineData(""" "phase":"Running" """, "-", $""" "phase":"Running",{Ready} """, "-")]
    [InlineData($""" "phase":"Running",{Ready} """, "-5", $""" "phase":"Running",{Ready} """, "-")]
    [InlineData($""" "phase":"Running",{ReadyLater} """, "-", $""" "phase":"Running",{Ready} """, "-")]
    [InlineData($""" "phase":"Running",{Ready},{Restarted} """, "-", $""" "phase":"Running",{Ready} """, "-")]
    [InlineData($""" "phase":"Running",{ReadyLater} """, "10", $""" "phase":"Running",{Ready} """, "20")]
    public void What_costs_least_goes_first(string first, string firstCost, string second, string secondCost)
    {
        var (a, b) = (Pod("a", first, firstCost), Pod("b", second, secondCost));

        Assert.Equal("a", (string)DeletionOrder.Of([b, a]).First()["metadata"]!["name"]!);
        Assert.Equal("a", (string)DeletionOrder.Of([a, b]).First()["metadata"]!["name"]!);
    }

    private static JsonObject Pod(string name, string status, string cost) =>
        JsonNode
            .Parse(
                $$$"""
                {"metadata":{"name":"{{{name}}}","annotations":{"controller.kubernetes.io/pod-deletion-cost":"{{{cost}}}"} },
                 "spec":{"nodeName":"n"},"status":{ {{{status}}} } }
                """
            )!
            .AsObject();
}
