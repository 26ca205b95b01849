using System.Text.Json.Nodes;
using Holdfast.Node.Resources;
using Holdfast.Node.Spec;

namespace Holdfast.Node.Software;

/// <summary>
/// Software that is unpacked from an archive of its makers. Every path that it makes or replaces is in the journal before
/// it is touched; directories that are there already keep their mode and owner.
/// </summary>
internal sealed class ArchiveResource : IResource
{
    public const string KindName = "archive";

    private readonly string name;
    private readonly ArchiveSpec archive;
    private readonly string target;

    /// <param name="name">
    /// What it is, the same for every version of it (<c>containerd</c>, <c>kata</c>, <c>cni-plugins</c>): another archive of
    /// the same name is an upgrade.
    /// </param>
    /// <param name="target">Absolute directory that it is unpacked into; made when it is missing.</param>
    public ArchiveResource(string name, ArchiveSpec archive, string target)
    {
        this.name = name;
        this.archive = archive;
        this.target = target;
        Title = $"{archive.FileName} is unpacked in {target}";
    }

    public string Kind => KindName;

    public string Id => $"{Kind}:{name}";

    public string Title { get; init; }

    public string? Why { get; init; }

    /// <summary>
    /// From a path in the archive (<c>cri-o/bin/crio</c>, never beginning with <c>./</c> or <c>/</c>) to where it goes below
    /// the target (<c>bin/crio</c>); null leaves it out. Pure. Default: everything goes where the archive says.
    /// </summary>
    public Func<string, string?>? Place { get; init; }

    public Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken) =>
        throw new NodeException(
            NodeReason.NotSupported,
            $"cannot unpack {archive.FileName} in {target}: this build of Holdfast cannot unpack archives; use another install"
        );

    public Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        Task.FromResult(new JsonObject());

    public Task DoAsync(Machine machine, CancellationToken cancellationToken) => Task.CompletedTask;
}
