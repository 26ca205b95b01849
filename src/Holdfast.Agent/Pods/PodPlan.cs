using Holdfast.Kube;

namespace Holdfast.Agent.Pods;

/// <summary>
/// What is to be done next for a pod that shall run. Computed anew from what is known on every turn, so that it does not
/// matter which event was missed or came twice. Immutable.
/// </summary>
internal sealed record PodPlan
{
    /// <summary>Every container has ended for good: only the sandbox is left to stop.</summary>
    public bool IsFinished { get; init; }

    public bool NeedsSandbox { get; init; }

    /// <summary>In this order; each only after the one before it was started.</summary>
    public IReadOnlyList<ContainerRecord> ToStart { get; init; } = [];

    /// <summary>Ended, to be started again, but not yet: until when.</summary>
    public IReadOnlyList<(ContainerRecord Container, DateTimeOffset Until)> BackingOff { get; init; } = [];

    public static PodPlan Make(
        PodSpec spec,
        IReadOnlyList<ContainerRecord> containers,
        SandboxRecord? sandbox,
        DateTimeOffset now
    )
    {
        var restart = spec.RestartPolicy ?? "Always";
        var mains = containers.Where(c => c.Role == ContainerRole.Main).ToArray();
        if (mains.All(c => HasEndedForGood(c, restart)) || HasFailedInitialization(containers, restart))
        {
            return new PodPlan { IsFinished = true };
        }

        if (sandbox is not { IsReady: true })
        {
            // A pod that must not be restarted ends with its sandbox, unless it had not begun.
            var hasBegun = mains.Any(c => c.Id is not null && c.Phase != ContainerPhase.Created);
            return sandbox is not null && hasBegun && restart == "Never"
                ? new PodPlan { IsFinished = true }
                : new PodPlan { NeedsSandbox = true };
        }

        var starts = new List<ContainerRecord>();
        var waits = new List<(ContainerRecord, DateTimeOffset)>();
        if (PlanInitContainers(containers, mains, sandbox, now, starts, waits))
        {
            // As the kubelet does it, one that is in its postStart hook holds up those that come later.
            foreach (var container in mains.TakeWhile(c => c is not { IsAlive: true, IsInPostStart: true }))
            {
                if (!container.IsAlive && !HasEndedForGood(container, restart))
                {
                    Start(container, now, starts, waits);
                }
            }
        }

        return new PodPlan { ToStart = starts, BackingOff = waits };
    }

    public static bool HasEndedForGood(ContainerRecord container, string restartPolicy) =>
        container.Phase == ContainerPhase.Exited
        && restartPolicy switch
        {
            "Never" => true,
            "OnFailure" => container.ExitCode == 0,
            _ => false,
        };

    private static bool HasFailedInitialization(IReadOnlyList<ContainerRecord> containers, string restartPolicy) =>
        restartPolicy == "Never"
        && containers.Any(c => c is { Role: ContainerRole.Init, Phase: ContainerPhase.Exited } && c.ExitCode != 0);

    /// <returns>Whether the main containers' turn has come.</returns>
    private static bool PlanInitContainers(
        IReadOnlyList<ContainerRecord> containers,
        ContainerRecord[] mains,
        SandboxRecord sandbox,
        DateTimeOffset now,
        List<ContainerRecord> starts,
        List<(ContainerRecord, DateTimeOffset)> waits
    )
    {
        // A main container in this sandbox proves that initialization was done, even if its containers were collected.
        var isInitialized = mains.Any(c => c.SandboxId == sandbox.Id);
        foreach (var container in containers)
        {
            switch (container.Role)
            {
                case ContainerRole.Sidecar when !(container.IsAlive && container.SandboxId == sandbox.Id):
                    Start(container, now, starts, waits);
                    if (!isInitialized && !starts.Contains(container))
                    {
                        return false;
                    }

                    break;
                case ContainerRole.Init when !isInitialized && !container.SucceededIn(sandbox.Id):
                    if (!(container.IsAlive && container.SandboxId == sandbox.Id))
                    {
                        Start(container, now, starts, waits);
                    }

                    return false;
                case ContainerRole.Sidecar when !isInitialized && container.IsInPostStart:
                    return false;
                default:
                    break;
            }
        }

        return true;
    }

    private static void Start(
        ContainerRecord container,
        DateTimeOffset now,
        List<ContainerRecord> starts,
        List<(ContainerRecord, DateTimeOffset)> waits
    )
    {
        if (container.RetryAt is { } retryAt && retryAt > now)
        {
            waits.Add((container, retryAt));
            return;
        }

        var mayBackOff = container is { Phase: ContainerPhase.Exited, FinishedAt: not null };
        if (mayBackOff && container.BackOff.WaitUntil(container.FinishedAt!.Value, now) is { } until)
        {
            waits.Add((container, until));
            return;
        }

        starts.Add(container);
    }
}
