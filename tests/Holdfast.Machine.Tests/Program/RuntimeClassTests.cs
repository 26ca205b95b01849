using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Program;

/// <summary>RuntimeClass objects that the daemon keeps for the handlers of its document.</summary>
[Collection("machine")]
public sealed class RuntimeClassTests
{
    private const string Mine = """
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: { name: mine }
        handler: second
        """;

    private const string Shown =
        "jsonpath={range .items[*]}{.metadata.name}={.handler}:{.overhead.podFixed.memory}:{.scheduling.nodeSelector}{\"\\n\"}{end}";

    [Fact]
    public async Task Classes_follow_the_document_and_those_of_a_person_stay()
    {
        await using var node = await ProgramNode.StartAsync(
            "",
            new PrivateContainerdOptions { Handlers = ["runc", "second"] }
        );
        Assert.Equal("second=second::\n", await node.Kubectl.RunAsync("get", "runtimeclass", "-o", Shown));
        await node.ApplyAsync(Mine);

        // Another document: one handler goes, Kata comes.
        await node.KillDaemonAsync();
        await node.EditDocumentAsync(text =>
            text.Replace(
                "{ name: second, kind: runc }",
                "{ name: vm, kind: kata, overhead: { memory: 160Mi } }",
                StringComparison.Ordinal
            )
        );
        await node.StartDaemonAsync();

        Assert.Equal(
            "mine=second::\nvm=vm:160Mi:{\"katacontainers.io/kata-runtime\":\"true\"}\n",
            await node.Kubectl.RunAsync("get", "runtimeclass", "-o", Shown)
        );
        Assert.Contains(
            "katacontainers.io/kata-runtime=true",
            await node.Kubectl.RunAsync("get", "node", "--show-labels"),
            StringComparison.Ordinal
        );

        // What a person applies over ours is that person's, also when the document wants it no more.
        await node.ApplyAsync(
            Mine.Replace("mine", "vm", StringComparison.Ordinal).Replace("second", "vm", StringComparison.Ordinal)
        );
        await node.KillDaemonAsync();
        await node.EditDocumentAsync(text =>
            text.Replace(", { name: vm, kind: kata, overhead: { memory: 160Mi } }", "", StringComparison.Ordinal)
        );
        await node.StartDaemonAsync();
        Assert.Matches("^mine=second:.*\nvm=vm:.*\n$", await node.Kubectl.RunAsync("get", "runtimeclass", "-o", Shown));
    }
}
