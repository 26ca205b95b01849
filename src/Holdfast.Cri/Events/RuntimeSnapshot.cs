using Holdfast.Cri.V1;

namespace Holdfast.Cri.Events;

/// <summary>How far a container or sandbox has come in its life.</summary>
internal enum LifePhase
{
    Created,
    Running,
    Exited,
}

/// <summary>All sandboxes and containers of a runtime at one moment. Immutable.</summary>
internal sealed record RuntimeSnapshot(IReadOnlyDictionary<string, LifePhase> Phases)
{
    public static RuntimeSnapshot Of(IEnumerable<PodSandbox> sandboxes, IEnumerable<Container> containers)
    {
        var phases = new Dictionary<string, LifePhase>(StringComparer.Ordinal);
        foreach (var sandbox in sandboxes)
        {
            phases[sandbox.Id] = sandbox.State == PodSandboxState.SandboxReady ? LifePhase.Running : LifePhase.Exited;
        }

        foreach (var container in containers)
        {
            phases[container.Id] = container.State switch
            {
                ContainerState.ContainerCreated => LifePhase.Created,
                ContainerState.ContainerRunning => LifePhase.Running,
                // Unknown: containerd lost track of it and never starts it again.
                _ => LifePhase.Exited,
            };
        }

        return new RuntimeSnapshot(phases);
    }

    /// <summary>
    /// What must have happened between two moments, in an order in which it can have happened: each container passes
    /// through every phase on its way, and nothing is deleted while it runs.
    /// </summary>
    public static IEnumerable<(string Id, RuntimeEventKind Kind)> Compare(RuntimeSnapshot before, RuntimeSnapshot after)
    {
        foreach (var (id, phase) in before.Phases)
        {
            if (after.Phases.ContainsKey(id))
            {
                continue;
            }

            if (phase == LifePhase.Running)
            {
                yield return (id, RuntimeEventKind.Exited);
            }

            yield return (id, RuntimeEventKind.Deleted);
        }

        foreach (var (id, phase) in after.Phases)
        {
            var isKnown = before.Phases.TryGetValue(id, out var old);
            if (!isKnown)
            {
                yield return (id, RuntimeEventKind.Created);
            }

            if (phase >= LifePhase.Running && (!isKnown || old < LifePhase.Running))
            {
                yield return (id, RuntimeEventKind.Started);
            }

            if (phase == LifePhase.Exited && (!isKnown || old < LifePhase.Exited))
            {
                yield return (id, RuntimeEventKind.Exited);
            }
        }
    }
}
