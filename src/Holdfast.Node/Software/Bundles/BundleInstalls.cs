using Holdfast.Document;

namespace Holdfast.Node.Software.Bundles;

/// <summary>The places of a document that say where software comes from, and what a bundle puts into them. Pure.</summary>
public static class BundleInstalls
{
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
        if (bundle is null)
        {
            return spec;
        }

        return spec with
        {
            Network = spec.Network with { Plugins = Resolve(NetworkPlace, spec.Network.Plugins, bundle) },
            Runtimes = [.. spec.Runtimes.Select(runtime => Resolve(runtime, bundle))],
        };
    }

    /// <summary>What an index says of a place: archives with the checksum that was found; null for what no bundle brings.</summary>
    internal static InstallSpec? Pin(InstallSpec install, IReadOnlyDictionary<Uri, string> checksums) =>
        install switch
        {
            InstallSpec.Apt => install,
            InstallSpec.Archive { Source: var archive } when checksums.TryGetValue(archive.Url, out var sha256) =>
                new InstallSpec.Archive(archive with { Sha256 = sha256, Sha256Url = null }),
            _ => null,
        };

    private const string NetworkPlace = "network/plugins";

    private static RuntimeSpec Resolve(RuntimeSpec runtime, BundleIndex bundle) =>
        runtime with
        {
            Install = Resolve(PlaceOf(runtime), runtime.Install, bundle),
            Handlers = [.. runtime.Handlers.Select(handler => Resolve(handler, bundle))],
        };

    private static HandlerSpec Resolve(HandlerSpec handler, BundleIndex bundle) =>
        handler.Kata is { } kata
            ? handler with
            {
                Kata = kata with { Install = Resolve(PlaceOf(handler), kata.Install, bundle) },
            }
            : handler;

    private static InstallSpec Resolve(string place, InstallSpec install, BundleIndex bundle) =>
        install is InstallSpec.Bundle && bundle.Installs.TryGetValue(place, out var from) ? from : install;

    private static string PlaceOf(RuntimeSpec runtime) => $"runtimes/{runtime.Name}";

    private static string PlaceOf(HandlerSpec handler) => $"handlers/{handler.Name}";
}
