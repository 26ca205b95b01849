using Holdfast.Agent.Containers;
using Holdfast.Agent.Images;
using Holdfast.Agent.Pods;
using Holdfast.Kube;

namespace Holdfast.Agent.Status;

/// <summary>What status says of a pod, made from what its worker knows: the kubelet's rules. Pure.</summary>
internal static class PodStatusBuilder
{
    public static PodStatus Build(
        Pod pod,
        IReadOnlyList<ContainerRecord> containers,
        SandboxRecord? sandbox,
        PodFailure? failure,
        NodeFacts node,
        PodStatus previous,
        DateTimeOffset now
    )
    {
        var restart = pod.Spec.RestartPolicy ?? "Always";
        var phase = failure is not null ? PodPhase.Failed : Phase(containers, restart);
        var ips = (sandbox?.Ips ?? []).Select(ip => new PodIP { Ip = ip }).ToArray();
        var isInitialized = IsInitialized(containers);
        var scheme = sandbox?.Runtime.Scheme;
        return new PodStatus
        {
            Phase = phase,
            Reason = failure?.Reason,
            Message = failure?.Message,
            Conditions = PodConditions.Build(phase, containers, sandbox, previous.Conditions, now),
            HostIP = node.Address,
            HostIPs = [new PodIP { Ip = node.Address }],
            PodIP = ips.Length > 0 ? ips[0].Ip : null,
            PodIPs = ips,
            StartTime = previous.StartTime ?? now,
            QosClass = QosClass.Of(pod.Spec),
            NominatedNodeName = previous.NominatedNodeName,
            ObservedGeneration = previous.ObservedGeneration,
            InitContainerStatuses = containers
                .Where(c => c.Role != ContainerRole.Main)
                .Select(c => OfContainer(c, scheme, isInitialized, containers))
                .ToArray(),
            ContainerStatuses = containers
                .Where(c => c.Role == ContainerRole.Main)
                .Select(c => OfContainer(c, scheme, isInitialized, containers))
                .ToArray(),
        };
    }

    /// <summary>Whether the main containers' turn has come.</summary>
    public static bool IsInitialized(IReadOnlyList<ContainerRecord> containers) =>
        containers.Any(c => c.Role == ContainerRole.Main && c.Id is not null)
        || containers.All(c =>
            c.Role switch
            {
                ContainerRole.Init => c.Phase == ContainerPhase.Exited && c.ExitCode == 0,
                ContainerRole.Sidecar => c.Phase == ContainerPhase.Running,
                _ => true,
            }
        );

    /// <summary>getPhase of the kubelet.</summary>
    public static string Phase(IReadOnlyList<ContainerRecord> containers, string restartPolicy)
    {
        if (
            restartPolicy == "Never"
            && containers.Any(c => c is { Role: ContainerRole.Init, Phase: ContainerPhase.Exited } && c.ExitCode != 0)
        )
        {
            return PodPhase.Failed;
        }

        if (!IsInitialized(containers))
        {
            return PodPhase.Pending;
        }

        var mains = containers.Where(c => c.Role == ContainerRole.Main).ToArray();
        if (mains.Any(c => c.Id is null || c.Phase is ContainerPhase.None or ContainerPhase.Created))
        {
            return PodPhase.Pending;
        }

        if (restartPolicy == "Always" || mains.Any(c => c.Phase == ContainerPhase.Running))
        {
            return PodPhase.Running;
        }

        return mains.All(c => c.ExitCode == 0) ? PodPhase.Succeeded
            : restartPolicy == "Never" ? PodPhase.Failed
            : PodPhase.Running;
    }

    private static ContainerStatus OfContainer(
        ContainerRecord container,
        string? scheme,
        bool isInitialized,
        IReadOnlyList<ContainerRecord> all
    )
    {
        var id = container.Id is null ? container.Seed?.ContainerID : $"{scheme ?? "containerd"}://{container.Id}";
        var isRunning = container.Phase == ContainerPhase.Running;
        var isWaiting = !isRunning && (container.Waiting is not null || container.Phase != ContainerPhase.Exited);
        var state = container switch
        {
            { Phase: ContainerPhase.Running } => new ContainerState
            {
                Running = new ContainerStateRunning { StartedAt = container.StartedAt },
            },
            _ when isWaiting => new ContainerState
            {
                Waiting = container.Waiting ?? Waits(container, isInitialized, all),
            },
            _ => new ContainerState { Terminated = container.Terminated(id) },
        };
        var last = isWaiting && container.Phase == ContainerPhase.Exited ? container.Terminated(id) : container.Last;
        return new ContainerStatus
        {
            Name = container.Name,
            State = state,
            LastState = last is null ? new ContainerState() : new ContainerState { Terminated = last },
            Ready =
                container.Role == ContainerRole.Init
                    ? container is { Phase: ContainerPhase.Exited, ExitCode: 0 }
                    : isRunning,
            Started = isRunning,
            RestartCount = (int)container.Attempt,
            Image = Image(container.Spec.Image),
            ImageID = container.ImageReference,
            ContainerID = id,
        };
    }

    private static ContainerStateWaiting Waits(
        ContainerRecord container,
        bool isInitialized,
        IReadOnlyList<ContainerRecord> all
    )
    {
        var hasInit = all.Any(c => c.Role != ContainerRole.Main);
        var isItsTurn = container.Role == ContainerRole.Main ? isInitialized : all[0] == container;
        return new ContainerStateWaiting { Reason = hasInit && !isItsTurn ? "PodInitializing" : "ContainerCreating" };
    }

    private static string Image(string name)
    {
        try
        {
            return ImageName.Parse(name).ToString();
        }
        catch (AgentException)
        {
            return name;
        }
    }
}
