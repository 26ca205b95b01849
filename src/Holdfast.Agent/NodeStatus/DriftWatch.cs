using Holdfast.Agent.Events;
using Holdfast.Kube;

namespace Holdfast.Agent.NodeStatus;

/// <summary>
/// Asks now and then whether the machine is still what its document says, and tells it as an event and, through
/// <see cref="Conditions"/>, in the node's status. Runs in one loop; the property is safe from any thread.
/// </summary>
internal sealed class DriftWatch(AgentOptions options, EventRecorder events, TimeProvider time, Action changed)
{
    // Whoever starts the daemon has usually just put the machine in order, and the pods come first.
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(30);

    private volatile NodeDrift? last;

    /// <summary>The condition of the node that tells it; none before the first look.</summary>
    public IReadOnlyList<NodeCondition> Conditions => last is { } drift ? [Describe(drift)] : [];

    public async Task RunAsync(CancellationToken ct)
    {
        if (options.FindDrift is not { } find)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
            return;
        }

        await Task.Delay(FirstLook < options.DriftInterval ? FirstLook : options.DriftInterval, time, ct);
        while (true)
        {
            Take(await find(ct));
            await Task.Delay(options.DriftInterval, time, ct);
        }
    }

    private void Take(NodeDrift drift)
    {
        var before = last;
        last = drift;
        if (before?.Summary == drift.Summary && before.IsDrifted == drift.IsDrifted)
        {
            return;
        }

        changed();
        var node = new ObjectReference
        {
            ApiVersion = "v1",
            Kind = "Node",
            Name = options.NodeName,
            // As the kubelet does it: kubectl describe node finds the events of a node by its name.
            Uid = options.NodeName,
        };
        if (drift.IsDrifted == true)
        {
            events.Warning(node, "MachineDrifted", drift.Summary);
        }
        else if (before?.IsDrifted == true && drift.IsDrifted == false)
        {
            events.Normal(node, "MachineAsDocumented", drift.Summary);
        }
    }

    private static NodeCondition Describe(NodeDrift drift) =>
        new()
        {
            Type = NodeConditions.MachineDrift,
            Status = drift.IsDrifted switch
            {
                true => "True",
                false => "False",
                null => "Unknown",
            },
            Reason = drift.IsDrifted switch
            {
                true => "MachineDrifted",
                false => "MachineAsDocumented",
                null => "MachineNotChecked",
            },
            Message = drift.Summary,
        };
}
