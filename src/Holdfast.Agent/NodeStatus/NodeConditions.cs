using Holdfast.Kube;

namespace Holdfast.Agent.NodeStatus;

/// <summary>What is known of one runtime, as the node's conditions need it. Immutable.</summary>
/// <param name="Trouble">Why it is not usable; "" when it is.</param>
internal sealed record RuntimeHealth(string Name, string Trouble, string NetworkTrouble);

/// <summary>The conditions of a Node. Pure.</summary>
internal static class NodeConditions
{
    public const string Ready = "Ready";

    /// <summary>True when the machine is no longer what its document says; pods may run well all the same.</summary>
    public const string MachineDrift = "holdfast.dev/drift";

    /// <summary>
    /// Ready speaks of the default runtime, the first one: a second runtime that is away must not make a cluster move
    /// the pods of the first. Where there are several, each has a condition of its own.
    /// </summary>
    public static IReadOnlyList<NodeCondition> Build(
        IReadOnlyList<RuntimeHealth> runtimes,
        IReadOnlyList<NodeCondition> further,
        IReadOnlyList<NodeCondition> previous,
        DateTimeOffset now
    )
    {
        var conditions = new List<NodeCondition>
        {
            Fine("MemoryPressure", "KubeletHasSufficientMemory", "agent has sufficient memory available"),
            Fine("DiskPressure", "KubeletHasNoDiskPressure", "agent has no disk pressure"),
            Fine("PIDPressure", "KubeletHasSufficientPID", "agent has sufficient PID available"),
        };
        if (runtimes.Count > 1)
        {
            conditions.AddRange(runtimes.Select(r => OfRuntime($"holdfast.dev/{r.Name}", r)));
        }

        conditions.AddRange(further);
        conditions.Add(OfRuntime(Ready, runtimes[0]));
        return conditions
            .Select(c =>
            {
                var old = previous.FirstOrDefault(p => p.Type == c.Type);
                return c with
                {
                    LastHeartbeatTime = now,
                    LastTransitionTime = old?.Status == c.Status ? old.LastTransitionTime : now,
                };
            })
            .ToArray();
    }

    private static NodeCondition Fine(string type, string reason, string message) =>
        new()
        {
            Type = type,
            Status = "False",
            Reason = reason,
            Message = message,
        };

    private static NodeCondition OfRuntime(string type, RuntimeHealth runtime)
    {
        if (runtime.Trouble.Length > 0)
        {
            return new NodeCondition
            {
                Type = type,
                Status = "False",
                Reason = "ContainerRuntimeDown",
                Message = $"container runtime {runtime.Name} is down: {runtime.Trouble}",
            };
        }

        return runtime.NetworkTrouble.Length > 0
            ? new NodeCondition
            {
                Type = type,
                Status = "False",
                Reason = "ContainerRuntimeNetworkNotReady",
                Message = $"network of container runtime {runtime.Name} is not ready: {runtime.NetworkTrouble}",
            }
            : new NodeCondition
            {
                Type = type,
                Status = "True",
                Reason = "KubeletReady",
                Message = "agent is posting ready status",
            };
    }
}
