using System.Text.Json.Nodes;
using Holdfast.Node;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Program;

/// <summary>The daemon looks by itself whether the machine is what the document says. Here nothing ever made it so.</summary>
public sealed class DriftTests
{
    private const int ExitCodeOfDrift = 2;

    [Fact]
    public async Task A_machine_that_is_not_as_documented_is_told_by_a_node_condition_and_an_event()
    {
        await using var node = await ProgramNode.StartAsync("", new PrivateContainerdOptions());
        await node.KillDaemonAsync();
        await node.StartDaemonAsync("--check-every", "1");

        await node.Kubectl.RunAsync("wait", "--for=condition=holdfast.dev/drift", "node/k8s-node01", "--timeout=50s");
        var conditions = JsonNode.Parse(
            await node.Kubectl.RunAsync("get", "node", "k8s-node01", "-o", "jsonpath={.status.conditions}")
        )!;
        var drift = conditions.AsArray().Single(c => (string?)c!["type"] == "holdfast.dev/drift")!;
        Assert.Equal("MachineDrifted", (string?)drift["reason"]);

        // What differs depends on whether this machine is a node itself; the daemon tells what the verb does.
        var steps = JsonNode.Parse(await node.RunAsync(ExitCodeOfDrift, "check", "-o", "json"))!["steps"]!.AsArray();
        var first = steps.First(step => (string?)step!["state"] != "ok")!;
        Assert.Contains((string)first["summary"]!, (string?)drift["message"], StringComparison.Ordinal);
        Assert.Contains("To mend it: holdfast up", (string?)drift["message"], StringComparison.Ordinal);
        await Eventually.IsTrueAsync(
            "kubectl describe shows the event",
            async () =>
                (await node.Kubectl.RunAsync("describe", "node", "k8s-node01")).Contains(
                    "Warning  MachineDrifted",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public async Task While_the_machine_is_being_changed_no_drift_is_told()
    {
        await using var node = await ProgramNode.StartAsync("", new PrivateContainerdOptions());
        await node.KillDaemonAsync();
        using (await ChangeJournal.OpenAsync(node.Paths, TimeProvider.System, CancellationToken.None))
        {
            await node.StartDaemonAsync("--check-every", "1");

            // As in the other test, in which the drift is found at the first of these looks.
            await Task.Delay(TimeSpan.FromSeconds(8));
            var status = await node.Kubectl.RunAsync(
                "get",
                "node",
                "k8s-node01",
                "-o",
                "jsonpath={.status.conditions[?(@.type=='holdfast.dev/drift')].status}"
            );
            Assert.DoesNotContain("True", status, StringComparison.Ordinal);
        }

        await node.Kubectl.RunAsync("wait", "--for=condition=holdfast.dev/drift", "node/k8s-node01", "--timeout=50s");
    }
}
