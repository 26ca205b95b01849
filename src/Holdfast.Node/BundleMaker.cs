using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Containerd;
using Holdfast.Node.Software;
using Holdfast.Node.Software.Bundles;
using Holdfast.Node.Software.Packages;

namespace Holdfast.Node;

/// <summary>
/// Gathers everything that a document needs from elsewhere into one file, for a machine without network. It is asked of
/// the same components that will build the node there, as if nothing were installed. Changes nothing on this machine.
/// </summary>
public sealed class BundleMaker(Machine machine)
{
    /// <summary>Where the content of <c>holdfast.local/busybox:1</c> comes from; it is unpacked, not installed.</summary>
    private const string BusyboxPackage = "busybox-static";

    /// <param name="facts">Of this machine, which is of the same kind as the one the bundle is for.</param>
    /// <param name="path">The bundle; replaced when it exists.</param>
    /// <exception cref="NodeException">Something could not be fetched; the file is as it was.</exception>
    public async Task<BundleIndex> MakeAsync(
        EdgeNodeSpec spec,
        MachineFacts facts,
        string path,
        CancellationToken cancellationToken
    )
    {
        RequireSources(spec);
        var resources = ListResources(spec, facts);
        using var directory = WorkDirectory.Beside(path);
        var work = directory.Path;
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        var items = new List<BundleItem>();
        var checksums = await FetchArchivesAsync(resources, work, files, items, cancellationToken);
        await FetchPackagesAsync(resources, work, files, items, cancellationToken);
        var installs = BundleInstalls
            .List(spec)
            .Where(place => place.Install is InstallSpec.Apt or InstallSpec.Archive)
            .ToDictionary(place => place.Place, place => Pin(place.Install, checksums));
        var index = new BundleIndex(facts.Architecture, installs, items)
        {
            // The one package that every bundle has is only unpacked, which works everywhere.
            Release = resources.OfType<PackagesChange>().Any() ? facts.Release : null,
        };
        await Bundle.WriteAsync(path, work, index, files, cancellationToken);
        return index;
    }

    private static BundledArchive? Pin(InstallSpec install, IReadOnlyDictionary<Uri, string> checksums) =>
        install is InstallSpec.Archive { Source.Url: var url } ? new BundledArchive(url, checksums[url]) : null;

    private static void RequireSources(EdgeNodeSpec spec)
    {
        foreach (var (place, install) in BundleInstalls.List(spec))
        {
            if (install is InstallSpec.Bundle)
            {
                throw new NodeException(
                    NodeReason.NotSupported,
                    $"cannot make a bundle with {place}: the document says that it comes from a bundle; say archive or apt there, "
                        + "and bundle: {} only in the document of the machine without network"
                );
            }
        }
    }

    private static IReadOnlyList<IStep> ListResources(EdgeNodeSpec spec, MachineFacts facts)
    {
        var bare = facts with
        {
            ContainerdVersion = null,
            ContainerdProgram = null,
            RuncProgram = null,
            HasSkopeo = false,
            HasCniPlugins = false,
            HasIptables = false,
            IsSystemd = true,
            CniPlugins = [],
            CniPluginDirectory = MachineFacts.PackagedCniDirectory,
            HasApt = true,
        };
        return Planner.ForSoftware().ListSteps(spec, bare);
    }

    private async Task<IReadOnlyDictionary<Uri, string>> FetchArchivesAsync(
        IReadOnlyList<IStep> resources,
        string work,
        Dictionary<string, string> files,
        List<BundleItem> items,
        CancellationToken cancellationToken
    )
    {
        var checksums = new Dictionary<Uri, string>();
        var download = new Download(machine, directory: work);
        foreach (var archive in resources.OfType<SoftwareChange>().Select(software => software.Archive))
        {
            var file = await download.FetchAsync(archive, cancellationToken);
            checksums[archive.Url] = file.Sha256;
            Add($"archives/{file.Sha256}", file.Path, archive.Url.GetLeftPart(UriPartial.Path), files, items);
        }

        return checksums;
    }

    private async Task FetchPackagesAsync(
        IReadOnlyList<IStep> resources,
        string work,
        Dictionary<string, string> files,
        List<BundleItem> items,
        CancellationToken cancellationToken
    )
    {
        var packages = resources.OfType<PackagesChange>().SelectMany(change => change.Packages).Append(BusyboxPackage);
        var debs = await PackageFetch.FetchAsync(machine, packages.ToHashSet(), work, cancellationToken);
        foreach (var deb in debs)
        {
            var name = Path.GetFileName(deb);
            Add(BundleIndex.Packages + name, deb, $"apt {name}", files, items);
        }

        var list = await PackageRepository.WriteListAsync(machine, debs, work, cancellationToken);
        Add(BundleIndex.Packages + Path.GetFileName(list), list, "the list of the packages", files, items);
    }

    private static void Add(
        string item,
        string path,
        string source,
        Dictionary<string, string> files,
        List<BundleItem> items
    )
    {
        if (files.TryAdd(item, path))
        {
            using var content = File.OpenRead(path);
            var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
            items.Add(new BundleItem(item, hash, content.Length, source));
        }
    }
}
