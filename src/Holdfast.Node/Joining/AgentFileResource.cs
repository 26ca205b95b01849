using System.Text.Json.Nodes;
using Holdfast.Node.Programs;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Joining;

/// <summary>
/// A file of kubelet, edgecore or their services that is edited in place, in the keys that the installed version reads.
/// Before the join there is none: the plan says so, and once the join has written it it is looked at again.
/// </summary>
/// <param name="path">The file that is written.</param>
/// <param name="edit">From the content (null: no file) and the agent's version to what is wanted.</param>
internal sealed class AgentFileResource(string path, Func<byte[]?, ProgramVersion?, byte[]> edit) : IResource
{
    /// <summary>What has to be there for the file to be wanted at all; the file itself unless said otherwise.</summary>
    public string? Needs { get; init; }

    /// <summary>What is there when the join is over.</summary>
    public required string DoneFile { get; init; }

    /// <summary>Finds the agent's version, also from the file's content; null where that makes no difference.</summary>
    public Func<Machine, byte[]?, CancellationToken, Task<ProgramVersion?>>? FindVersion { get; init; }

    /// <summary>Hides secrets of the file.</summary>
    public Func<string, string>? Mask { get; init; }

    public required string Title { get; init; }

    public string? Why { get; init; }

    public string Kind => FileResource.WholeKind;

    public string Id => $"{Kind}:{path}";

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!machine.Exists(Needs ?? path))
        {
            return machine.Exists(DoneFile)
                ? Inspection.AsWanted($"there is no {Needs ?? path}, and none is needed")
                : Inspection.Differs($"{Needs ?? path} comes with the join");
        }
        return await (await FileAsync(machine, cancellationToken)).InspectAsync(machine, cancellationToken);
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        await (await FileAsync(machine, cancellationToken)).RecordOriginalAsync(machine, cancellationToken);

    public async Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        await (await FileAsync(machine, cancellationToken)).DescribeIntentAsync(machine, cancellationToken);

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken)
    {
        if (!machine.Exists(Needs ?? path))
        {
            throw new NodeException(
                NodeReason.ChangeFailed,
                $"cannot edit {path}: {Needs ?? path} is not there; the join should have made it"
            );
        }
        await (await FileAsync(machine, cancellationToken)).DoAsync(machine, cancellationToken);
    }

    private async Task<FileResource> FileAsync(Machine machine, CancellationToken cancellationToken)
    {
        var version = FindVersion is null
            ? null
            : await FindVersion(machine, await machine.ReadBytesAsync(path, cancellationToken), cancellationToken);
        return new FileResource(path, current => edit(current, version)) { Mask = Mask };
    }
}
