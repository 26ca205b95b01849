using Holdfast.Agent.Pods;
using Holdfast.Kube;

namespace Holdfast.Agent.Status;

/// <summary>The conditions of a pod, with the kubelet's reasons and messages. Pure.</summary>
internal static class PodConditions
{
    public const string ReadyToStartContainers = "PodReadyToStartContainers";
    public const string Initialized = "Initialized";
    public const string Ready = "Ready";
    public const string ContainersReady = "ContainersReady";
    public const string Scheduled = "PodScheduled";

    public static readonly IReadOnlySet<string> Own = new HashSet<string>(StringComparer.Ordinal)
    {
        ReadyToStartContainers,
        Initialized,
        Ready,
        ContainersReady,
        Scheduled,
    };

    /// <param name="previous">Keeps the transition time of a condition whose status stays.</param>
    public static IReadOnlyList<PodCondition> Build(
        string phase,
        IReadOnlyList<ContainerRecord> containers,
        SandboxRecord? sandbox,
        IReadOnlyList<PodCondition> previous,
        DateTimeOffset now
    )
    {
        var ready = OfReadiness(phase, containers);
        PodCondition[] conditions =
        [
            new() { Type = ReadyToStartContainers, Status = Bool(sandbox is { IsReady: true, Ips.Count: > 0 }) },
            OfInitialization(phase, containers),
            ready with
            {
                Type = Ready,
            },
            ready with
            {
                Type = ContainersReady,
            },
            new() { Type = Scheduled, Status = "True" },
        ];
        return conditions
            .Select(c =>
            {
                var old = previous.FirstOrDefault(p => p.Type == c.Type);
                return c with { LastTransitionTime = old?.Status == c.Status ? old.LastTransitionTime : now };
            })
            .ToArray();
    }

    private static PodCondition OfReadiness(string phase, IReadOnlyList<ContainerRecord> containers)
    {
        if (phase is PodPhase.Succeeded or PodPhase.Failed)
        {
            return new PodCondition
            {
                Status = "False",
                Reason = phase == PodPhase.Succeeded ? "PodCompleted" : "PodFailed",
            };
        }

        var unready = containers
            .Where(c => c.Role != ContainerRole.Init && c.Phase != ContainerPhase.Running)
            .Select(c => c.Name)
            .ToArray();
        return unready.Length == 0
            ? new PodCondition { Status = "True" }
            : new PodCondition
            {
                Status = "False",
                Reason = "ContainersNotReady",
                Message = $"containers with unready status: [{string.Join(' ', unready)}]",
            };
    }

    private static PodCondition OfInitialization(string phase, IReadOnlyList<ContainerRecord> containers)
    {
        if (phase == PodPhase.Succeeded)
        {
            return new PodCondition
            {
                Type = Initialized,
                Status = "True",
                Reason = "PodCompleted",
            };
        }

        var incomplete = PodStatusBuilder.IsInitialized(containers)
            ? []
            : containers.Where(IsIncomplete).Select(c => c.Name).ToArray();
        return incomplete.Length == 0
            ? new PodCondition { Type = Initialized, Status = "True" }
            : new PodCondition
            {
                Type = Initialized,
                Status = "False",
                Reason = "ContainersNotInitialized",
                Message = $"containers with incomplete status: [{string.Join(' ', incomplete)}]",
            };
    }

    private static bool IsIncomplete(ContainerRecord container) =>
        container.Role switch
        {
            ContainerRole.Init => container.Phase != ContainerPhase.Exited || container.ExitCode != 0,
            ContainerRole.Sidecar => container.Phase != ContainerPhase.Running,
            _ => false,
        };

    private static string Bool(bool value) => value ? "True" : "False";
}
