using Holdfast.Document;
using Holdfast.Node.Runtimes.Kata;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// Kata's shim where containerd 1.x finds it: on its PATH, under the name that follows from the runtime's type. Before 1.6
/// it cannot be told the path, and 1.6 (Debian's 1.6.20 at least) reads the path and then does not use it. For 2.x nothing
/// is linked.
/// </summary>
internal static class ShimLink
{
    private const string LinkPath = "/usr/local/bin/" + KataFiles.ShimName;

    /// <summary>Where the shim is depends on what the steps before have unpacked.</summary>
    public static LinkChange For(ContainerdInstance instance) =>
        new(LinkPath, async (machine, token) => FindShim(await instance.ResolveAsync(machine, token)))
        {
            Title = $"{instance.Runtime.Name} finds Kata's shim",
            Condition = async (machine, token) =>
                (await instance.ResolveAsync(machine, token)).FindsShimByPath
                    ? Inspection.AsWanted("the configuration names it")
                    : null,
        };

    /// <exception cref="NodeException">NotSupported: the handlers need several shims, and only one can have the name.</exception>
    private static string FindShim(ContainerdConfig config)
    {
        var handlers = config.Handlers.Where(h => h.Kind == HandlerKind.Kata).DistinctBy(h => h.RuntimePath).ToArray();
        return config.FindsOneShimPerType && handlers.Length > 1
            ? throw new NodeException(
                NodeReason.NotSupported,
                $"cannot serve both {handlers[0].Name} and {handlers[1].Name}: they need {handlers[0].RuntimePath} and "
                    + $"{handlers[1].RuntimePath}, and before containerd 1.7 a shim is found by its type alone; keep one of them, or "
                    + "use containerd 1.7 or newer"
            )
            : handlers[0].RuntimePath!;
    }
}
