using Holdfast.Document;
using Holdfast.Node.Components;
using Holdfast.Node.Facts;
using Holdfast.Node.Joining;
using Holdfast.Node.Runtimes;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Runtimes.Crio;
using Holdfast.Node.Runtimes.Kata;

namespace Holdfast.Node;

/// <summary>Compares the document with the machine and changes neither. Safe from any thread.</summary>
public sealed class Planner
{
    private readonly IReadOnlyList<IComponent> components;

    internal Planner(IReadOnlyList<IComponent> components)
    {
        this.components = components;
    }

    /// <summary>The planner of a whole node. The order matters: each component stands on those before it.</summary>
    public static Planner For(AgentInstall install) =>
        new([
            new AgentProgramComponent(install),
            new HostComponent(),
            new CniComponent(),
            new KataComponent(),
            new ContainerdComponent(),
            new CrioComponent(),
            new ClusterComponent(),
            new AgentComponent(install),
        ]);

    /// <summary>What a whole node needs from elsewhere: all of it but this program.</summary>
    internal static Planner ForSoftware() =>
        new([
            .. For(new AgentInstall("", ""))
                .components.Where(component => component is not (AgentProgramComponent or AgentComponent)),
        ]);

    internal IReadOnlyList<IStep> ListSteps(EdgeNodeSpec spec, MachineFacts facts) =>
        [.. components.SelectMany(component => component.Build(spec, facts))];

    /// <exception cref="NodeException">Something could not even be looked at.</exception>
    public Task<NodePlan> PlanAsync(
        EdgeNodeSpec spec,
        MachineFacts facts,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var wanted = components
            .SelectMany(component => component.Build(spec, facts).Select(step => (component.Name, Step: step)))
            .ToArray();
        string[] runtimes = [.. spec.Runtimes.Select(runtime => runtime.Name)];
        return NodePlan.MakeAsync(
            wanted,
            NodeKinds.All,
            machine,
            change => IsWanted(change, runtimes),
            cancellationToken
        );
    }

    /// <summary>
    /// The data of a runtime is wanted as long as the runtime is, however it comes onto the machine by now.
    /// </summary>
    internal static bool IsWanted(ChangeSummary change, IReadOnlyList<string> runtimes) =>
        runtimes.Select(RuntimeDataChange.DataKind.IdOf).Contains(change.Id);
}
