using Holdfast.Document;

namespace Holdfast.Node.Software.Bundles;

/// <summary>The places of a document that say where software comes from, and what a bundle puts into them.</summary>
public static class BundleInstalls
{
    private const string NetworkPlace = "network/plugins";

    /// <summary>Each place with a name that stays the same whatever the document says there.</summary>
    public static IEnumerable<(string Place, InstallSpec Install)> List(EdgeNodeSpec spec)
    {
        yield return (NetworkPlace, spec.Network.Plugins);
        foreach (var runtime in spec.Runtimes)
        {
            yield return (PlaceOf(runtime), runtime.Install);
            foreach (var handler in runtime.Handlers.Where(handler => handler.Kata is not null))
            {
                yield return (PlaceOf(handler), handler.Kata!.Install);
            }
        }
    }

    /// <summary>The document with everything that the bundle has in place of <c>bundle: {}</c>; the rest stays as it is.</summary>
    public static EdgeNodeSpec Resolve(EdgeNodeSpec spec, BundleIndex? bundle)
    {
        return bundle is null
            ? spec
            : spec with
            {
                Network = spec.Network with { Plugins = Of(NetworkPlace, spec.Network.Plugins) },
                Runtimes = [.. spec.Runtimes.Select(OfRuntime)],
            };

        RuntimeSpec OfRuntime(RuntimeSpec runtime) =>
            runtime with
            {
                Install = Of(PlaceOf(runtime), runtime.Install),
                Handlers = [.. runtime.Handlers.Select(OfHandler)],
            };

        HandlerSpec OfHandler(HandlerSpec handler) =>
            handler.Kata is { } kata
                ? handler with
                {
                    Kata = kata with { Install = Of(PlaceOf(handler), kata.Install) },
                }
                : handler;

        InstallSpec Of(string place, InstallSpec install) =>
            install is not InstallSpec.Bundle || !bundle.Installs.TryGetValue(place, out var archive) ? install
            : archive is null ? new InstallSpec.Apt()
            : new InstallSpec.Archive(new ArchiveSpec { Url = archive.Url, Sha256 = archive.Sha256 });
    }

    private static string PlaceOf(RuntimeSpec runtime) => $"runtimes/{runtime.Name}";

    private static string PlaceOf(HandlerSpec handler) => $"handlers/{handler.Name}";
}
