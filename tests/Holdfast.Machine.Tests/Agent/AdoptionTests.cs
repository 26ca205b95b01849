using System.Diagnostics;
using System.Text;
using Holdfast.Cri.V1;
using Holdfast.Kube;
using Holdfast.Linux;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Agent;

public sealed class AdoptionTests : IAsyncLifetime
{
    private static readonly PodSpec Forever = new() { Containers = [Busybox.Run("a", Busybox.Forever)] };

    private AgentNode node = null!;

    public async Task InitializeAsync() => node = await AgentNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task Restarted_agent_adopts_running_containers_and_learns_what_ended_meanwhile()
    {
        var pods = new List<TestPod>();
        for (var i = 0; i < 5; i++)
        {
            pods.Add(await node.RunAsync($"p{i}", Forever));
        }

        var job = await node.RunAsync(
            "job",
            new PodSpec
            {
                RestartPolicy = "Never",
                Containers =
                [
                    Busybox.Run("a", "while [ ! -e /v/go ]; do sleep 0.1; done; exit 7") with
                    {
                        VolumeMounts = [new() { Name = "v", MountPath = "/v" }],
                    },
                ],
                Volumes = [new() { Name = "v", EmptyDir = new() }],
            }
        );
        var doomed = await node.RunAsync("doomed", Forever);
        await Task.WhenAll(pods.Append(job).Append(doomed).Select(p => p.IsRunningAsync()));
        var before = pods.Select(p => Text(p)).ToArray();

        await node.StopAgentAsync();
        await File.WriteAllTextAsync(Path.Join(job.Directory, "volumes/kubernetes.io~empty-dir/v/go"), "");
        await Task.Delay(500);
        await node.StartAgentAsync();

        await job.IsAsync("has failed", s => s.Phase == "Failed");
        Assert.Equal(7, job.Status.ContainerStatuses[0].State.Terminated!.ExitCode);
        Assert.Equal(before, pods.Select(Text));

        await doomed.DeleteAsync(5);
        await doomed.IsGoneAsync();
    }

    [Fact]
    public async Task Killed_runtime_takes_no_pod_along_and_the_node_says_that_it_is_away()
    {
        var pod = await node.RunAsync("steady", Forever);
        var flicker = await node.RunAsync(
            "flicker",
            new PodSpec { Containers = [Busybox.Run("a", "sleep 3; exit 1")] }
        );
        await Task.WhenAll(pod.IsRunningAsync(), flicker.IsRunningAsync());
        var before = Text(pod);

        await node.Runtime.KillAsync();
        await Eventually.IsTrueAsync(
            "the node is not ready",
            () => Ready() is { Status: "False", Reason: "ContainerRuntimeDown" }
        );
        var late = await node.RunAsync("late", Forever);
        await Task.Delay(3000);
        Assert.Equal(before, Text(pod));

        await node.Runtime.StartAgainAsync();
        await Eventually.IsTrueAsync("the node is ready", () => Ready() is { Status: "True" });
        await late.IsRunningAsync();
        await flicker.IsAsync("was restarted", s => s.ContainerStatuses[0].RestartCount >= 1);
        Assert.Equal(before, Text(pod));
    }

    [Fact]
    public async Task A_sandbox_that_died_is_replaced_and_its_containers_run_again()
    {
        var pod = await node.RunAsync("reborn", Forever);
        await pod.IsRunningAsync();
        var before = pod.Status.ContainerStatuses[0].ContainerID;
        await using var endpoint = node.Runtime.Connect();
        var sandbox = Assert.Single((await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), default)).Items);

        await node.Runtime.CtrAsync("task", "kill", "-s", "SIGKILL", sandbox.Id);
        await pod.IsAsync("runs again", s => s.ContainerStatuses is [{ RestartCount: 1, Ready: true }]);

        Assert.NotEqual(before, pod.Status.ContainerStatuses[0].ContainerID);
        var ready = (await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), default)).Items.Single(s =>
            s.State == PodSandboxState.SandboxReady
        );
        Assert.Equal(1u, ready.Metadata.Attempt);
        Assert.Contains(node.Events("reborn"), e => e.Reason == "SandboxChanged");
    }

    [Fact]
    public async Task After_a_reboot_pods_run_again()
    {
        var pod = await node.RunAsync("survivor", Forever);
        var once = await node.RunAsync("once", Forever with { RestartPolicy = "Never" });
        await Task.WhenAll(pod.IsRunningAsync(), once.IsRunningAsync());
        await node.StopAgentAsync();
        var processes = await PodProcessesAsync();
        Assert.Equal(4, processes.Count);
        await node.Runtime.KillAsync();

        // What a power cut does to processes; what the runtime has on the disk it finds again. Shims first: none of them
        // is to write down how its container ended.
        foreach (var victim in node.Runtime.FindShims().Concat(processes).Select(ProcessTable.Identify))
        {
            if (victim is not null)
            {
                ProcessTable.Signal(victim, ProcessTable.SigKill);
            }
        }

        await node.Runtime.StartAgainAsync();
        await node.StartAgentAsync();

        await pod.IsAsync("runs again", s => s.ContainerStatuses is [{ RestartCount: 1, Ready: true }]);
        await once.IsAsync("has failed", s => s.Phase == "Failed");
    }

    [Fact]
    public async Task What_no_object_owns_is_removed_and_what_is_not_ours_stays()
    {
        var pod = await node.RunAsync("orphan", Forever);
        await pod.IsRunningAsync();
        await using var endpoint = node.Runtime.Connect();
        var foreign = new PodSandboxConfig
        {
            Metadata = new()
            {
                Name = "foreign",
                Uid = "f",
                Namespace = "default",
            },
            Linux = new(),
        };
        foreign.Labels["io.kubernetes.pod.uid"] = "f";
        var foreignId = (
            await endpoint.RunPodSandboxAsync(new RunPodSandboxRequest { Config = foreign }, default)
        ).PodSandboxId;

        await node.StopAgentAsync();
        await node.RemoveObjectBehindTheAgentAsync("orphan");
        await node.StartAgentAsync();

        await Eventually.IsTrueAsync(
            "its directory is gone",
            () => !Directory.Exists(pod.Directory) && !Directory.Exists(pod.LogDirectory)
        );
        var left = (await endpoint.ListPodSandboxAsync(new ListPodSandboxRequest(), default)).Items;
        Assert.Equal([foreignId], left.Select(s => s.Id));
    }

    [Fact]
    public async Task Twenty_pods_are_known_again_soon()
    {
        var pods = new List<TestPod>();
        for (var i = 0; i < 20; i++)
        {
            pods.Add(await node.RunAsync($"p{i}", Forever));
        }

        await Task.WhenAll(pods.Select(p => p.IsRunningAsync()));
        var revisions = pods.Select(p => p.Status.ContainerStatuses[0].ContainerID).ToArray();
        await node.StopAgentAsync();

        var clock = Stopwatch.StartNew();
        await node.StartAgentAsync();
        var seconds = clock.Elapsed.TotalSeconds;

        Assert.Equal(revisions, pods.Select(p => p.Status.ContainerStatuses[0].ContainerID));

        // Ten times what it takes: a limit that only a broken adoption breaks. The budget is measured by the benchmark.
        Assert.InRange(seconds, 0, 10);
    }

    private static string Text(TestPod pod) => Encoding.UTF8.GetString(KubeJson.Serialize(pod.Status));

    /// <summary>The first process of each container and sandbox: the second column of "ctr task ls".</summary>
    private async Task<IReadOnlyList<int>> PodProcessesAsync() =>
        [
            .. (await node.Runtime.CtrAsync("task", "ls"))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Select(line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])),
        ];

    private NodeCondition? Ready() => node.Node()?.Status.Conditions.FirstOrDefault(c => c.Type == "Ready");
}
