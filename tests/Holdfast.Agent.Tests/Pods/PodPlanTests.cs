using CsCheck;
using Holdfast.Agent.Pods;
using Holdfast.Kube;

namespace Holdfast.Agent.Tests.Pods;

public sealed class PodPlanTests
{
    [Fact]
    public void A_new_pod_needs_a_sandbox_and_then_all_its_containers()
    {
        var (a, b) = (TestRecords.New("a"), TestRecords.New("b"));
        Assert.True(Plan("Always", null, a, b).NeedsSandbox);
        Assert.Equal([a, b], Plan("Always", TestRecords.Sandbox(), a, b).ToStart);
    }

    [Fact]
    public void Init_containers_run_one_after_the_other_before_the_rest()
    {
        var (first, second, main) = (
            TestRecords.New("i1", ContainerRole.Init),
            TestRecords.New("i2", ContainerRole.Init),
            TestRecords.New()
        );
        var sandbox = TestRecords.Sandbox();
        Assert.Equal([first], Plan("Always", sandbox, first, second, main).ToStart);

        first = TestRecords.Running("i1", ContainerRole.Init);
        Assert.Empty(Plan("Always", sandbox, first, second, main).ToStart);

        first = TestRecords.Exited(0, "i1", ContainerRole.Init);
        Assert.Equal([second], Plan("Always", sandbox, first, second, main).ToStart);

        second = TestRecords.Exited(0, "i2", ContainerRole.Init);
        Assert.Equal([main], Plan("Always", sandbox, first, second, main).ToStart);
    }

    [Fact]
    public void A_failed_init_container_is_repeated_or_ends_the_pod()
    {
        var (init, main) = (TestRecords.Exited(1, "i", ContainerRole.Init), TestRecords.New());
        Assert.Equal([init], Plan("Always", TestRecords.Sandbox(), init, main).ToStart);
        Assert.Equal([init], Plan("OnFailure", TestRecords.Sandbox(), init, main).ToStart);
        Assert.True(Plan("Never", TestRecords.Sandbox(), init, main).IsFinished);
    }

    [Fact]
    public void A_sidecar_starts_in_its_turn_and_stays()
    {
        var (sidecar, main) = (TestRecords.New("s", ContainerRole.Sidecar), TestRecords.New());
        Assert.Equal([sidecar, main], Plan("Always", TestRecords.Sandbox(), sidecar, main).ToStart);
        Assert.Equal(
            [main],
            Plan("Always", TestRecords.Sandbox(), TestRecords.Running("s", ContainerRole.Sidecar), main).ToStart
        );

        var ended = TestRecords.Exited(0, "s", ContainerRole.Sidecar);
        Assert.Equal([ended], Plan("Never", TestRecords.Sandbox(), ended, TestRecords.Running()).ToStart);
        Assert.True(
            Plan(
                "Never",
                TestRecords.Sandbox(),
                TestRecords.Running("s", ContainerRole.Sidecar),
                TestRecords.Exited(0)
            ).IsFinished
        );
    }

    [Theory]
    [InlineData("Always", 0, false)]
    [InlineData("Always", 1, false)]
    [InlineData("OnFailure", 0, true)]
    [InlineData("OnFailure", 1, false)]
    [InlineData("Never", 0, true)]
    [InlineData("Never", 1, true)]
    public void The_restart_policy_decides_what_an_end_means(string policy, int code, bool isFinished)
    {
        var container = TestRecords.Exited(code);
        var plan = Plan(policy, TestRecords.Sandbox(), container);
        Assert.Equal(isFinished, plan.IsFinished);
        Assert.Equal(isFinished ? 0 : 1, plan.ToStart.Count);
    }

    [Fact]
    public void A_container_that_crashes_again_waits()
    {
        var container = TestRecords.Exited(1);
        container.BackOff = container.BackOff.Next(TestPods.Now, TestPods.Now);

        var plan = Plan("Always", TestRecords.Sandbox(), container);

        Assert.Empty(plan.ToStart);
        Assert.Equal([(container, TestPods.Now.AddSeconds(10))], plan.BackingOff);
    }

    [Theory]
    [InlineData("Always")]
    [InlineData("OnFailure")]
    [InlineData("Never")]
    public void What_was_created_and_never_started_is_started(string policy)
    {
        var (init, sidecar, main) = (
            Created("i", ContainerRole.Init),
            Created("s", ContainerRole.Sidecar),
            Created("a", ContainerRole.Main)
        );
        Assert.Equal([init], Plan(policy, TestRecords.Sandbox(), init, TestRecords.New()).ToStart);
        Assert.Equal([sidecar], Plan(policy, TestRecords.Sandbox(), sidecar, TestRecords.Running()).ToStart);
        Assert.Equal([main], Plan(policy, TestRecords.Sandbox(), main).ToStart);
        Assert.Equal(0u, main.NextAttempt);
        Assert.False(main.IsAlive);
        Assert.True(Plan(policy, TestRecords.Sandbox(isReady: false), main).NeedsSandbox);
    }

    /// <summary>Every state of a pod of up to three containers either ends, or starts, runs or waits for something.</summary>
    [Fact]
    public void No_state_of_a_pod_is_left_without_a_next_step()
    {
        var container = Gen.Select(
            Gen.Enum<ContainerRole>(),
            Gen.Enum<ContainerPhase>(),
            Gen.Int[0, 1],
            Gen.Bool,
            Gen.Bool
        );
        Gen.Select(
                container.List[0, 2],
                container,
                Gen.Int[0, 2].Select(i => new[] { "Always", "OnFailure", "Never" }[i]),
                Gen.Int[0, 2].Select(i => new bool?[] { null, true, false }[i])
            )
            .Sample(
                (others, last, policy, isReady) =>
                {
                    ContainerRecord[] records =
                    [
                        .. others.Select((c, i) => Record($"c{i}", c)),
                        Record("main", last with { Item1 = ContainerRole.Main }),
                    ];
                    var sandbox = isReady is { } ready ? TestRecords.Sandbox(isReady: ready) : null;
                    var plan = Plan(policy, sandbox, records);
                    return plan.IsFinished
                        || plan.NeedsSandbox
                        || plan.ToStart.Count > 0
                        || plan.BackingOff.Count > 0
                        || records.Any(r => r.IsAlive);
                }
            );

        static ContainerRecord Record(string name, (ContainerRole, ContainerPhase, int, bool, bool) state)
        {
            var (role, phase, code, wasCrashing, isHooked) = state;
            var record = phase switch
            {
                ContainerPhase.None => TestRecords.New(name, role),
                ContainerPhase.Created => Created(name, role),
                ContainerPhase.Running => TestRecords.Running(name, role),
                _ => TestRecords.Exited(code, name, role),
            };
            record.IsInPostStart = isHooked && phase == ContainerPhase.Running;
            if (wasCrashing)
            {
                record.BackOff = record.BackOff.Next(TestPods.Now, TestPods.Now);
            }

            return record;
        }
    }

    [Fact]
    public void A_container_in_its_postStart_hook_holds_up_those_that_come_later()
    {
        var (first, second) = (TestRecords.Running("a"), TestRecords.New("b"));
        first.IsInPostStart = true;
        Assert.Empty(Plan("Always", TestRecords.Sandbox(), first, second).ToStart);

        first.IsInPostStart = false;
        Assert.Equal([second], Plan("Always", TestRecords.Sandbox(), first, second).ToStart);
    }

    [Fact]
    public void A_dead_sandbox_is_replaced_and_everything_runs_again_in_the_new_one()
    {
        var (init, main) = (
            TestRecords.Exited(0, "i", ContainerRole.Init, "old"),
            TestRecords.Exited(0, "a", sandbox: "old")
        );
        Assert.True(Plan("Always", TestRecords.Sandbox("old", isReady: false), init, main).NeedsSandbox);
        Assert.Equal([init], Plan("Always", TestRecords.Sandbox("new"), init, main).ToStart);

        init = TestRecords.Exited(0, "i", ContainerRole.Init, "new");
        Assert.Equal([main], Plan("Always", TestRecords.Sandbox("new"), init, main).ToStart);
    }

    [Fact]
    public void A_pod_that_must_not_be_restarted_ends_with_its_sandbox()
    {
        var dead = TestRecords.Sandbox(isReady: false);
        Assert.True(Plan("Never", dead, TestRecords.Running()).IsFinished);
        Assert.True(Plan("Never", dead, TestRecords.New()).NeedsSandbox);
    }

    [Fact]
    public void Waiting_doubles_to_five_minutes_and_is_forgotten_after_ten_good_ones()
    {
        var now = TestPods.Now;
        var backOff = default(RestartBackOff);
        Assert.Null(backOff.WaitUntil(now, now));
        foreach (var seconds in new[] { 10, 20, 40, 80, 160, 300, 300 })
        {
            backOff = backOff.Next(now, now);
            Assert.Equal(now.AddSeconds(seconds), backOff.WaitUntil(now, now));
        }

        Assert.Null(backOff.WaitUntil(now, now.AddSeconds(300)));
        var later = now.AddMinutes(10).AddSeconds(1);
        Assert.Null(backOff.WaitUntil(later, later));
        Assert.Equal(TimeSpan.FromSeconds(10), backOff.Next(later, later).Delay);
    }

    private static ContainerRecord Created(string name, ContainerRole role)
    {
        var record = TestRecords.Running(name, role);
        record.Phase = ContainerPhase.Created;
        record.StartedAt = null;
        return record;
    }

    private static PodPlan Plan(string policy, SandboxRecord? sandbox, params ContainerRecord[] containers) =>
        PodPlan.Make(new PodSpec { RestartPolicy = policy }, containers, sandbox, TestPods.Now);
}
