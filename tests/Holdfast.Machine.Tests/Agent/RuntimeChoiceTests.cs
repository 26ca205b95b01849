using Holdfast.Cri.V1;
using Holdfast.Kube;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Agent;

public sealed class RuntimeChoiceTests
{
    [Fact]
    public async Task Runtime_classes_and_the_untrusted_annotation_choose_between_two_runtimes()
    {
        await using var node = await AgentNode.StartAsync(
            new PrivateContainerdOptions { Handlers = ["runc", "second"] },
            new PrivateContainerdOptions { Name = "other", Handlers = ["isolated"] }
        );
        await node.AddRuntimeClassAsync("isolated", "isolated");
        await node.AddRuntimeClassAsync("second", "second");
        var spec = new PodSpec { Containers = [Busybox.Run("a", Busybox.Forever)] };
        var untrusted = new Dictionary<string, string> { [PodAnnotations.UntrustedWorkload] = "true" };

        TestPod[] pods =
        [
            await node.RunAsync("plain", spec),
            await node.RunAsync("second", spec with { RuntimeClassName = "second" }),
            await node.RunAsync("isolated", spec with { RuntimeClassName = "isolated" }),
            await node.RunAsync("untrusted", spec, untrusted),
        ];
        await Task.WhenAll(pods.Select(p => p.IsRunningAsync()));

        Assert.Equal(["plain runc", "second second"], await SandboxesAsync(node.Runtimes[0]));
        Assert.Equal(["isolated isolated", "untrusted isolated"], await SandboxesAsync(node.Runtimes[1]));
        Assert.Equal("True", node.Node()!.Status.Conditions.Single(c => c.Type == "holdfast.dev/other").Status);

        await node.Runtimes[1].KillAsync();
        await Eventually.IsTrueAsync(
            "the node says that the other runtime is away",
            () => node.Node()!.Status.Conditions.Single(c => c.Type == "holdfast.dev/other").Status == "False"
        );
        Assert.Equal("True", node.Node()!.Status.Conditions.Single(c => c.Type == "Ready").Status);
        await node.Runtimes[1].StartAgainAsync();
        await Task.WhenAll(pods.Select(p => p.DeleteAsync(5)));
        await Task.WhenAll(pods.Select(p => p.IsGoneAsync()));
    }

    [Fact]
    public async Task A_handler_that_no_runtime_has_is_told_and_tried_again_when_its_class_changes()
    {
        await using var node = await AgentNode.StartAsync();
        await node.AddRuntimeClassAsync("strange", "no-such-handler");
        var pod = await node.RunAsync(
            "strange",
            new PodSpec { RuntimeClassName = "strange", Containers = [Busybox.Run("a", Busybox.Forever)] }
        );
        await Eventually.IsTrueAsync(
            "it is told",
            () =>
                node.Events("strange")
                    .Any(e =>
                        e.Reason == "FailedCreatePodSandBox"
                        && e.Message!.Contains("\"no-such-handler\"", StringComparison.Ordinal)
                    )
        );

        await node.ReplaceAsync(
            ResourceNames.RuntimeClasses,
            "",
            "strange",
            new RuntimeClass
            {
                Metadata = new() { Name = "strange" },
                Handler = "runc",
            }
        );
        await pod.IsRunningAsync();
    }

    private static async Task<IEnumerable<string>> SandboxesAsync(PrivateContainerd runtime)
    {
        await using var endpoint = runtime.Connect();
        var found = await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), CancellationToken.None);
        return found.Items.Select(s => $"{s.Metadata.Name} {s.RuntimeHandler}").Order(StringComparer.Ordinal);
    }
}
