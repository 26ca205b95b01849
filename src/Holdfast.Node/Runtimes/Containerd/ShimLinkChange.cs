using Holdfast.Document;
using Holdfast.Node.Runtimes.Kata;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// Kata's shim where containerd 1.x finds it: on its PATH, under the name that follows from the runtime's type. Before 1.6
/// it cannot be told the path, and 1.6 (Debian's 1.6.20 at least) reads the path and then does not use it. For 2.x nothing
/// is linked.
/// </summary>
internal sealed class ShimLinkChange : Change<LinkRecord>
{
    private const string LinkPath = "/usr/local/bin/" + KataFiles.ShimName;

    private readonly ContainerdInstance instance;

    public ShimLinkChange(ContainerdInstance instance)
        : base(LinkChange.LinkKind, LinkPath, $"{instance.Runtime.Name} finds Kata's shim")
    {
        this.instance = instance;
        Condition = async (machine, token) =>
            (await instance.ResolveAsync(machine, token)).FindsShimByPath
                ? Inspection.AsWanted("the configuration names it")
                : null;
    }

    public override async Task<Inspection> InspectAsync(
        Machine machine,
        History<LinkRecord> history,
        CancellationToken cancellationToken
    ) => await (await LinkAsync(machine, cancellationToken)).InspectAsync(machine, history, cancellationToken);

    public override async Task<LinkRecord> RememberAsync(
        Machine machine,
        History<LinkRecord> history,
        CancellationToken cancellationToken
    ) => await (await LinkAsync(machine, cancellationToken)).RememberAsync(machine, history, cancellationToken);

    public override async Task DoAsync(
        Machine machine,
        History<LinkRecord> history,
        CancellationToken cancellationToken
    ) => await (await LinkAsync(machine, cancellationToken)).DoAsync(machine, history, cancellationToken);

    /// <summary>Where the shim is depends on what the steps before have unpacked.</summary>
    private async Task<LinkChange> LinkAsync(Machine machine, CancellationToken cancellationToken) =>
        Link(await instance.ResolveAsync(machine, cancellationToken));

    /// <exception cref="NodeException">NotSupported: the handlers need several shims, and only one can have the name.</exception>
    private static LinkChange Link(ContainerdConfig config)
    {
        var handlers = config.Handlers.Where(h => h.Kind == HandlerKind.Kata).DistinctBy(h => h.RuntimePath).ToArray();
        return config.FindsOneShimPerType && handlers.Length > 1
            ? throw new NodeException(
                NodeReason.NotSupported,
                $"cannot serve both {handlers[0].Name} and {handlers[1].Name}: they need {handlers[0].RuntimePath} and "
                    + $"{handlers[1].RuntimePath}, and before containerd 1.7 a shim is found by its type alone; keep one of them, or "
                    + "use containerd 1.7 or newer"
            )
            : new LinkChange(LinkPath, handlers[0].RuntimePath!);
    }
}
