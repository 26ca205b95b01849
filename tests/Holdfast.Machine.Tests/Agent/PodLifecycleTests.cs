using Holdfast.Kube;
using Holdfast.Testing;

namespace Holdfast.Machine.Tests.Agent;

public sealed class PodLifecycleTests : IAsyncLifetime
{
    private AgentNode node = null!;

    public async Task InitializeAsync() => node = await AgentNode.StartAsync();

    public async Task DisposeAsync() => await node.DisposeAsync();

    [Fact]
    public async Task A_pod_runs_and_after_its_deletion_nothing_of_it_is_left()
    {
        var pod = await node.RunAsync(
            "web",
            new PodSpec
            {
                Containers =
                [
                    Busybox.Run("a", "echo hello; " + Busybox.Forever) with
                    {
                        VolumeMounts = [new() { Name = "m", MountPath = "/m" }],
                    },
                ],
                Volumes =
                [
                    new()
                    {
                        Name = "m",
                        EmptyDir = new() { Medium = "Memory" },
                    },
                ],
            }
        );
        await pod.IsRunningAsync();
        await pod.LogsAsync("a", "hello");

        var status = pod.Status;
        var container = status.ContainerStatuses[0];
        Assert.Equal(("Running", "192.0.2.10", 0), (status.Phase, status.HostIP, container.RestartCount));
        Assert.NotNull(status.PodIP);
        Assert.StartsWith("containerd://", container.ContainerID, StringComparison.Ordinal);
        var id = container.ContainerID!["containerd://".Length..];
        Assert.Contains(id, await node.Runtime.CtrAsync("containers", "ls"), StringComparison.Ordinal);
        var link = Directory.EnumerateFiles(node.Paths.ContainerLogsDirectory).Single();
        Assert.Contains("hello", await File.ReadAllTextAsync(link), StringComparison.Ordinal);
        Assert.NotEmpty(Cgroups(pod));

        await pod.DeleteAsync(graceSeconds: 30);
        await pod.IsGoneAsync();

        Assert.DoesNotContain(id, await node.Runtime.CtrAsync("containers", "ls"), StringComparison.Ordinal);
        await Eventually.IsTrueAsync("the shim has ended", () => Task.FromResult(node.Runtime.FindShims().Count == 0));
        Assert.False(Directory.Exists(pod.Directory));
        Assert.False(Directory.Exists(pod.LogDirectory));
        Assert.Empty(Directory.EnumerateFileSystemEntries(node.Paths.ContainerLogsDirectory));
        Assert.DoesNotContain(pod.Uid, await File.ReadAllTextAsync("/proc/mounts"), StringComparison.Ordinal);
        Assert.Empty(Cgroups(pod));

        // Events are written in batches, a moment after what they tell.
        await Eventually.IsTrueAsync(
            "all events are written",
            () =>
                Task.FromResult(
                    node.Events("web")
                        .Select(e => e.Reason)
                        .Order(StringComparer.Ordinal)
                        .SequenceEqual(["Created", "Killing", "Pulled", "Started"])
                )
        );
    }

    [Fact]
    public async Task Init_containers_run_in_order_and_the_pod_succeeds_with_its_containers()
    {
        var pod = await node.RunAsync(
            "job",
            new PodSpec
            {
                RestartPolicy = "Never",
                InitContainers =
                [
                    Mounted(Busybox.Run("i1", "echo 1 >> /v/o")),
                    Mounted(Busybox.Run("i2", "echo 2 >> /v/o")),
                ],
                Containers = [Mounted(Busybox.Run("a", "echo 3 >> /v/o; cat /v/o; printf bye > /dev/termination-log"))],
                Volumes = [new() { Name = "v", EmptyDir = new() }],
            }
        );
        await pod.IsAsync("has succeeded", s => s.Phase == "Succeeded");

        var end = pod.Status.ContainerStatuses[0].State.Terminated!;
        Assert.Equal((0, "Completed", "bye"), (end.ExitCode, end.Reason, end.Message));
        Assert.All(pod.Status.InitContainerStatuses, s => Assert.True(s.Ready));
        await pod.LogsAsync("a", "1\n2\n3");
    }

    [Fact]
    public async Task A_crashing_container_is_restarted_at_once_and_then_backs_off()
    {
        var pod = await node.RunAsync("crash", new PodSpec { Containers = [Busybox.Run("a", "exit 3")] });
        await pod.IsAsync(
            "backs off",
            s => s.ContainerStatuses is [{ RestartCount: >= 1, State.Waiting.Reason: "CrashLoopBackOff" }]
        );

        var status = pod.Status.ContainerStatuses[0];
        Assert.Equal((3, "Error"), (status.LastState.Terminated!.ExitCode, status.LastState.Terminated.Reason));
        Assert.Contains(
            "back-off 10s restarting failed container=a",
            status.State.Waiting!.Message,
            StringComparison.Ordinal
        );
        Assert.Equal("Running", pod.Status.Phase);
    }

    [Fact]
    public async Task A_command_that_cannot_be_executed_and_an_image_that_is_missing_say_so()
    {
        var bad = Busybox.Run("a", "") with { Command = ["/no/such/command"] };
        var pod = await node.RunAsync("bad", new PodSpec { RestartPolicy = "Never", Containers = [bad] });
        var absent = bad with { Image = "holdfast.local/absent:1", ImagePullPolicy = "Never" };
        var missing = await node.RunAsync("missing", new PodSpec { Containers = [absent] });
        var unpullable = await node.RunAsync(
            "unpullable",
            new PodSpec { Containers = [absent with { Image = "127.0.0.1:1/absent:1", ImagePullPolicy = null }] }
        );

        await pod.IsAsync("has failed", s => s.Phase == "Failed");
        Assert.Equal("StartError", pod.Status.ContainerStatuses[0].State.Terminated!.Reason);
        await missing.IsAsync("says so", s => s.ContainerStatuses is [{ State.Waiting.Reason: "ErrImageNeverPull" }]);
        await unpullable.IsAsync(
            "backs off",
            s => s.ContainerStatuses is [{ State.Waiting.Reason: "ImagePullBackOff" }]
        );
    }

    [Fact]
    public async Task A_pod_that_ignores_the_polite_stop_is_killed_after_its_grace_and_sooner_when_asked_again()
    {
        var pod = await node.RunAsync(
            "stubborn",
            new PodSpec { Containers = [Busybox.Run("a", "trap '' TERM; while :; do sleep 1; done")] }
        );
        await pod.IsRunningAsync();
        await pod.DeleteAsync(graceSeconds: 600);
        await Eventually.IsTrueAsync(
            "it is being stopped",
            () => node.Events("stubborn").Any(e => e.Reason == "Killing")
        );
        Assert.NotNull(pod.Get());

        await pod.DeleteAsync(graceSeconds: 1);
        await pod.IsGoneAsync();
        Assert.Empty(node.Runtime.FindShims());
    }

    [Fact]
    public async Task A_pod_that_takes_too_long_fails()
    {
        var pod = await node.RunAsync(
            "slow",
            new PodSpec { ActiveDeadlineSeconds = 2, Containers = [Busybox.Run("a", Busybox.Forever)] }
        );
        await pod.IsAsync("has failed", s => s is { Phase: "Failed", Reason: "DeadlineExceeded" });
        await pod.IsAsync("has ended", s => s.ContainerStatuses[0].State.Terminated is not null);
    }

    private static Container Mounted(Container container) =>
        container with
        {
            VolumeMounts = [new() { Name = "v", MountPath = "/v" }],
        };

    private static string[] Cgroups(TestPod pod) =>
        Directory.Exists("/sys/fs/cgroup")
            ? Directory
                .EnumerateDirectories("/sys/fs/cgroup")
                .Prepend("/sys/fs/cgroup")
                .Select(c => Path.Join(c, "kubepods/besteffort/pod" + pod.Uid))
                .Where(Directory.Exists)
                .ToArray()
            : [];
}
