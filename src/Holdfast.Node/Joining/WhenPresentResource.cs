using System.Text.Json.Nodes;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Joining;

/// <summary>A resource that is wanted only where the join has brought what it is about.</summary>
internal sealed class WhenPresentResource(IResource inner, string needs, string doneFile) : IResource
{
    public string Kind => inner.Kind;

    public string Id => inner.Id;

    public string Title => inner.Title;

    public string? Why => inner.Why;

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        machine.Exists(needs) ? await inner.InspectAsync(machine, cancellationToken)
        : machine.Exists(doneFile) ? Inspection.AsWanted($"there is no {needs}, and none is needed")
        : Inspection.Differs($"{needs} comes with the join, if this version has it");

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        inner.RecordOriginalAsync(machine, cancellationToken);

    public Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        inner.DescribeIntentAsync(machine, cancellationToken);

    public Task DoAsync(Machine machine, CancellationToken cancellationToken) =>
        inner.DoAsync(machine, cancellationToken);

    public Task<JsonObject?> DescribeResultAsync(Machine machine, CancellationToken cancellationToken) =>
        inner.DescribeResultAsync(machine, cancellationToken);
}
