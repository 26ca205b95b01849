using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Program;

/// <summary>The daemon is killed before or after each call with which a pod starts.</summary>
public sealed class CrashedStartTests
{
    public static TheoryData<string> Points =>
        [
            "cri.before-run-a-sandbox",
            "cri.after-run-a-sandbox",
            "cri.before-create-a-container",
            "cri.after-create-a-container",
            "cri.before-start-a-container",
            "cri.after-start-a-container",
        ];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Next_daemon_runs_the_container_once(string point)
    {
        await using var node = await StartAndCrashAsync(point);

        await node.Kubectl.RunAsync("wait", "--for=condition=Ready", "pod/crashed", "--timeout=30s");
        var restarts = await node.Kubectl.RunAsync(
            "get",
            "pod",
            "crashed",
            "-o",
            "jsonpath={.status.containerStatuses[0].restartCount}"
        );
        Assert.Equal("0", restarts);
        Assert.Equal(2, Lines(await node.Containerds[0].CtrAsync("tasks", "ls", "-q")));
        await DeleteAsync(node);
    }

    [Theory]
    [InlineData("cri.after-create-a-container")]
    [InlineData("cri.after-start-a-container")]
    public async Task Next_daemon_can_delete_the_pod_at_once(string point)
    {
        await using var node = await StartAndCrashAsync(point);
        await DeleteAsync(node);
    }

    private static async Task<ProgramNode> StartAndCrashAsync(string point)
    {
        var node = await ProgramNode.StartAsync("", new PrivateContainerdOptions());
        try
        {
            await node.KillDaemonAsync();
            node.Fault = point;
            await node.StartDaemonAsync();
            await node.ApplyAsync(Pod);
            await node.WhenDaemonEndsAsync();
            node.Fault = "";
            await node.StartDaemonAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    private static async Task DeleteAsync(ProgramNode node)
    {
        await node.Kubectl.RunAsync("delete", "pod", "crashed", "--timeout=30s");
        Assert.Equal("", await node.Containerds[0].CtrAsync("containers", "ls", "-q"));
    }

    private static int Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata: { name: crashed }
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: sleeper
              image: holdfast.local/busybox:1
              command: ["sleep", "infinity"]
        """;
}
