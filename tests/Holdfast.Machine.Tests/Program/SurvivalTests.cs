using System.Diagnostics;
using System.Text;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Program;

/// <summary>The daemon or a runtime is killed while pods run.</summary>
public sealed class SurvivalTests
{
    private const int Pods = 20;

    /// <summary>From the start of the program to the node Ready with every pod known, on a busy test machine.</summary>
    private static readonly TimeSpan KnownAgainWithin = TimeSpan.FromSeconds(10);

    private const string Containers =
        "jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} "
        + "{.status.containerStatuses[0].state.running.startedAt} {.status.containerStatuses[0].restartCount}{\"\\n\"}{end}";

    [Fact]
    public async Task Killed_daemon_knows_twenty_pods_again_and_restarts_none()
    {
        await using var node = await ProgramNode.StartAsync("", new PrivateContainerdOptions());
        await node.ApplyAsync(ManyPods(Pods));
        await node.Kubectl.RunAsync("wait", "--for=condition=Ready", "pod", "--all", "--timeout=55s");
        var before = await node.Kubectl.RunAsync("get", "pod", "-o", Containers);
        var inRuntime = await node.Containerds[0].CtrAsync("containers", "ls", "-q");

        await node.KillDaemonAsync();
        var started = Stopwatch.GetTimestamp();
        await node.StartDaemonAsync();
        await Eventually.IsTrueAsync(
            "every pod is Ready",
            async () => await node.Kubectl.RunAsync("get", "pod", "-o", Containers) == before
        );
        Assert.True(Stopwatch.GetElapsedTime(started) < KnownAgainWithin, "the pods were not known again in time");

        Assert.Equal(inRuntime, await node.Containerds[0].CtrAsync("containers", "ls", "-q"));
        await node.Kubectl.RunAsync("delete", "pod", "--all", "--timeout=55s");
        Assert.Equal("", await node.Containerds[0].CtrAsync("containers", "ls", "-q"));
    }

    [Theory]
    [InlineData(Containerds.V1_6)]
    [InlineData(Containerds.V2)]
    public async Task Killed_containerd_takes_no_pod_with_it_and_the_status_stays_true(string line)
    {
        await using var node = await ProgramNode.StartAsync("", new PrivateContainerdOptions { Line = line });
        await node.ApplyAsync(ManyPods(2));
        await node.Kubectl.RunAsync("wait", "--for=condition=Ready", "pod", "--all");
        var before = await node.Kubectl.RunAsync("get", "pod", "-o", Containers);

        await node.Containerds[0].KillAsync();
        await node.Kubectl.RunAsync("wait", "--for=condition=Ready=false", "node/k8s-node01");
        Assert.Equal(before, await node.Kubectl.RunAsync("get", "pod", "-o", Containers));

        await node.Containerds[0].StartAgainAsync();
        await node.Kubectl.RunAsync("wait", "--for=condition=Ready", "node/k8s-node01");
        Assert.Equal(before, await node.Kubectl.RunAsync("get", "pod", "-o", Containers));
    }

    [Fact]
    public async Task Two_containerds_are_two_endpoints_and_the_class_chooses()
    {
        await using var node = await ProgramNode.StartAsync(
            "",
            new PrivateContainerdOptions { Name = "first" },
            new PrivateContainerdOptions
            {
                Name = "second",
                Handlers = ["second"],
                Line = Containerds.V2,
            }
        );
        await node.ApplyAsync(
            """
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            metadata: { name: second }
            handler: second
            """
        );
        await node.ApplyAsync(Pod("here", "") + Pod("there", "second"));
        await node.Kubectl.RunAsync("wait", "--for=condition=Ready", "pod", "--all");

        var table = await node.RunAsync("pods");
        Assert.Matches("here .*first", table);
        Assert.Matches("there .*second", table);
        Assert.Contains("busybox", await node.Containerds[0].CtrAsync("containers", "ls"));
        Assert.Contains("busybox", await node.Containerds[1].CtrAsync("containers", "ls"));
    }

    private static string ManyPods(int count)
    {
        var text = new StringBuilder();
        for (var index = 0; index < count; index++)
        {
            text.Append(Pod($"pod-{index}", ""));
        }

        return text.ToString();
    }

    private static string Pod(string name, string runtimeClass) =>
        $$"""
            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: {{name}} }
            spec:
              terminationGracePeriodSeconds: 1
              {{(runtimeClass.Length == 0 ? "" : $"runtimeClassName: {runtimeClass}")}}
              containers:
                - name: sleeper
                  image: holdfast.local/busybox:1
                  command: ["sleep", "infinity"]

            """;
}
