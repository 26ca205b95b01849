using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Node.Resources;
using Holdfast.Node.Runtimes.Kata;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// Kata's shim where containerd 1.x finds it: on its PATH, under the name that follows from the runtime's type. Before 1.6
/// it cannot be told the path, and 1.6 (Debian's 1.6.20 at least) reads the path and then does not use it. For 2.x nothing
/// is linked. Stateless.
/// </summary>
internal sealed class ShimLinkResource(ContainerdInstance instance) : IResource
{
    private const string LinkPath = "/usr/local/bin/" + KataFiles.ShimName;

    public string Kind => LinkResource.KindName;

    public string Id => $"{Kind}:{LinkPath}";

    public string Title => $"{instance.Runtime.Name} finds Kata's shim";

    public string? Why => null;

    public async Task<Inspection> InspectAsync(Machine machine, CancellationToken cancellationToken)
    {
        var config = await instance.ResolveAsync(machine, cancellationToken);
        return config.FindsShimByPath
            ? Inspection.AsWanted("the configuration names it")
            : await Link(config).InspectAsync(machine, cancellationToken);
    }

    public async Task<JsonObject> RecordOriginalAsync(Machine machine, CancellationToken cancellationToken) =>
        await (await LinkAsync(machine, cancellationToken)).RecordOriginalAsync(machine, cancellationToken);

    public async Task<JsonObject?> DescribeIntentAsync(Machine machine, CancellationToken cancellationToken) =>
        await (await LinkAsync(machine, cancellationToken)).DescribeIntentAsync(machine, cancellationToken);

    public async Task DoAsync(Machine machine, CancellationToken cancellationToken) =>
        await (await LinkAsync(machine, cancellationToken)).DoAsync(machine, cancellationToken);

    private async Task<LinkResource> LinkAsync(Machine machine, CancellationToken cancellationToken) =>
        Link(await instance.ResolveAsync(machine, cancellationToken));

    /// <exception cref="NodeException">NotSupported: the handlers need several shims, and only one can have the name.</exception>
    private static LinkResource Link(ContainerdConfig config)
    {
        var handlers = config.Handlers.Where(h => h.Kind == HandlerKind.Kata).DistinctBy(h => h.RuntimePath).ToArray();
        return config.FindsOneShimPerType && handlers.Length > 1
            ? throw new NodeException(
                NodeReason.NotSupported,
                $"cannot serve both {handlers[0].Name} and {handlers[1].Name}: they need {handlers[0].RuntimePath} and "
                    + $"{handlers[1].RuntimePath}, and before containerd 1.7 a shim is found by its type alone; keep one of them, or "
                    + "use containerd 1.7 or newer"
            )
            : new LinkResource(LinkPath, handlers[0].RuntimePath!);
    }
}
