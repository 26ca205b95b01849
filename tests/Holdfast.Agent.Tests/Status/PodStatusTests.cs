using Holdfast.Agent.Pods;
using Holdfast.Agent.Status;
using Holdfast.Agent.Tests.Pods;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests.Status;

public sealed class PodStatusTests
{
    [Fact]
    public void A_new_pod_is_pending_and_says_what_is_being_made()
    {
        var status = Build("Always", null, TestRecords.New("i", ContainerRole.Init), TestRecords.New());

        Assert.Equal("Pending", status.Phase);
        Assert.Equal(TestPods.Now, status.StartTime);
        Assert.Equal("PodInitializing", status.ContainerStatuses[0].State.Waiting!.Reason);
        Assert.Equal("ContainerCreating", status.InitContainerStatuses[0].State.Waiting!.Reason);
        Assert.Equal("False", Condition(status, "Initialized").Status);
        Assert.Equal("containers with incomplete status: [i]", Condition(status, "Initialized").Message);
        Assert.Equal("containers with unready status: [a]", Condition(status, "Ready").Message);
        Assert.Equal("True", Condition(status, "PodScheduled").Status);
    }

    [Fact]
    public void A_running_pod_shows_addresses_ids_and_readiness()
    {
        var container = TestRecords.Running();
        container.ImageReference = "busybox@sha256:1";
        var status = Build("Always", TestRecords.Sandbox(), container);

        Assert.Equal(
            ("Running", "10.1.2.3", "192.0.2.10", "BestEffort"),
            (status.Phase, status.PodIP, status.HostIP, status.QosClass)
        );
        Assert.Equal("10.1.2.3", Assert.Single(status.PodIPs).Ip);
        var shown = Assert.Single(status.ContainerStatuses);
        Assert.True(shown.Ready);
        Assert.True(shown.Started);
        Assert.Equal("containerd://a-id", shown.ContainerID);
        Assert.Equal("docker.io/library/busybox:1", shown.Image);
        Assert.Equal("busybox@sha256:1", shown.ImageID);
        Assert.Equal(TestPods.Now, shown.State.Running!.StartedAt);
        Assert.All(status.Conditions, c => Assert.Equal("True", c.Status));
    }

    [Fact]
    public void A_crashed_container_waits_and_its_last_end_is_seen()
    {
        var container = TestRecords.Exited(3);
        container.Attempt = 2;
        container.Waiting = new ContainerStateWaiting { Reason = "CrashLoopBackOff", Message = "back-off 10s" };

        var status = Build("Always", TestRecords.Sandbox(), container);
        var shown = status.ContainerStatuses[0];

        Assert.Equal("Running", status.Phase);
        Assert.Equal("CrashLoopBackOff", shown.State.Waiting!.Reason);
        Assert.Equal(
            (3, "Error", "containerd://a-id"),
            (
                shown.LastState.Terminated!.ExitCode,
                shown.LastState.Terminated.Reason,
                shown.LastState.Terminated.ContainerID
            )
        );
        Assert.Equal(2, shown.RestartCount);
        Assert.False(shown.Ready);
    }

    [Fact]
    public void The_end_of_all_containers_is_the_end_of_the_pod()
    {
        var good = Build("Never", TestRecords.Sandbox(), TestRecords.Exited(0, "a"), TestRecords.Exited(0, "b"));
        Assert.Equal("Succeeded", good.Phase);
        Assert.Equal("PodCompleted", Condition(good, "Ready").Reason);
        Assert.Equal("Completed", good.ContainerStatuses[0].State.Terminated!.Reason);

        var bad = Build("Never", TestRecords.Sandbox(), TestRecords.Exited(0, "a"), TestRecords.Exited(1, "b"));
        Assert.Equal("Failed", bad.Phase);
        Assert.Equal("PodFailed", Condition(bad, "Ready").Reason);

        Assert.Equal(
            "Running",
            Build("Never", TestRecords.Sandbox(), TestRecords.Exited(0, "a"), TestRecords.Running("b")).Phase
        );
        Assert.Equal("Running", Build("OnFailure", TestRecords.Sandbox(), TestRecords.Exited(1)).Phase);
        Assert.Equal("Running", Build("Always", TestRecords.Sandbox(), TestRecords.Exited(0)).Phase);
        Assert.Equal(
            "Failed",
            Build(
                "Never",
                TestRecords.Sandbox(),
                TestRecords.Exited(1, "i", ContainerRole.Init),
                TestRecords.New()
            ).Phase
        );
    }

    [Fact]
    public void Out_of_memory_is_named_as_the_reason()
    {
        var container = TestRecords.Running();
        container.WasOomKilled = true;
        container.MarkExited(137, TestPods.Now, null, null);
        Assert.Equal(
            "OOMKilled",
            Build("Never", TestRecords.Sandbox(), container).ContainerStatuses[0].State.Terminated!.Reason
        );
    }

    [Fact]
    public void A_condition_keeps_its_time_while_it_stays_the_same()
    {
        var before = Build("Always", TestRecords.Sandbox(), TestRecords.New());
        var later = TestPods.Now.AddMinutes(1);
        var after = PodStatusBuilder.Build(
            TestPods.Pod(TestPods.Container()),
            [TestRecords.Running()],
            TestRecords.Sandbox(),
            null,
            TestPods.Node,
            before,
            later
        );

        Assert.Equal(TestPods.Now, Condition(after, "PodScheduled").LastTransitionTime);
        Assert.Equal(later, Condition(after, "Ready").LastTransitionTime);
        Assert.Equal(TestPods.Now, after.StartTime);
    }

    [Fact]
    public void A_pod_that_failed_as_a_whole_says_why()
    {
        var status = PodStatusBuilder.Build(
            TestPods.Pod(TestPods.Container()),
            [TestRecords.Exited(137)],
            null,
            new PodFailure("DeadlineExceeded", "too long"),
            TestPods.Node,
            new PodStatus(),
            TestPods.Now
        );
        Assert.Equal(("Failed", "DeadlineExceeded", "too long"), (status.Phase, status.Reason, status.Message));
    }

    private static PodCondition Condition(PodStatus status, string type) =>
        status.Conditions.Single(c => c.Type == type);

    private static PodStatus Build(string policy, SandboxRecord? sandbox, params ContainerRecord[] containers) =>
        PodStatusBuilder.Build(
            TestPods.Pod(new PodSpec { RestartPolicy = policy, Containers = [TestPods.Container()] }),
            containers,
            sandbox,
            null,
            TestPods.Node,
            new PodStatus(),
            TestPods.Now
        );
}
