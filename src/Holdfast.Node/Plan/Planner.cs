using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Apply;
using Holdfast.Node.Components;
using Holdfast.Node.Facts;
using Holdfast.Node.Joining;
using Holdfast.Node.Resources;
using Holdfast.Node.Runtimes;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Runtimes.Crio;
using Holdfast.Node.Runtimes.Kata;
using Holdfast.Node.Software;

namespace Holdfast.Node.Plan;

/// <summary>Compares the document with the machine and changes neither. Immutable, safe from any thread.</summary>
public sealed class Planner
{
    /// <summary>Most inspections wait for a child process (dpkg-query, systemctl, ctr); more at once only queue for processors.</summary>
    private const int MaxInspectionsInFlight = 8;

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

    internal IReadOnlyList<IResource> ListResources(EdgeNodeSpec spec, MachineFacts facts) =>
        [.. components.SelectMany(component => component.Build(spec, facts))];

    /// <exception cref="NodeException">Something could not even be looked at.</exception>
    public async Task<NodePlan> PlanAsync(
        EdgeNodeSpec spec,
        MachineFacts facts,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        using var journal = await ChangeJournal.ReadAsync(machine.Paths, machine.Time, cancellationToken);
        var changes = journal.Changes.ToDictionary(change => change.Id);
        using var inFlight = new SemaphoreSlim(MaxInspectionsInFlight);
        var steps = await Task.WhenAll(
            components
                .SelectMany(component => component.Build(spec, facts).Select(resource => (component.Name, resource)))
                .Select(async wanted =>
                {
                    await inFlight.WaitAsync(cancellationToken);
                    try
                    {
                        var inspection = await InspectAsync(wanted.resource, machine, cancellationToken);
                        return new PlanStep(
                            wanted.Name,
                            wanted.resource,
                            inspection,
                            changes.GetValueOrDefault(wanted.resource.Id)
                        );
                    }
                    finally
                    {
                        inFlight.Release();
                    }
                })
        );

        return new NodePlan(steps, FindLeftovers(journal, steps, [.. spec.Runtimes.Select(r => r.Name)]));
    }

    private static async Task<Inspection> InspectAsync(
        IResource resource,
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await resource.InspectAsync(machine, cancellationToken);
        }
        catch (LinuxException cause)
        {
            throw new NodeException(NodeReason.Denied, $"cannot look at \"{resource.Title}\": {cause.Message}", cause);
        }
    }

    /// <summary>
    /// Packages are no leftovers: they may be in use by what a person did with them, and go with <c>undo</c> only. Nor is the
    /// data of a runtime that is still wanted, however it comes onto the machine by now.
    /// </summary>
    internal static IReadOnlyList<ChangeSummary> FindLeftovers(
        ChangeJournal journal,
        IReadOnlyList<PlanStep> steps,
        IReadOnlyList<string> runtimes
    )
    {
        var wanted = steps.Select(step => step.Id).Concat(runtimes.Select(RuntimeDataResource.IdOf)).ToHashSet();
        var changes = journal.Changes;
        return changes
            .Where(change => change.Kind != AptPackagesResource.KindName)
            .Where(change => ArchiveStack.IsLeftover(change, changes, wanted))
            .ToArray();
    }
}
