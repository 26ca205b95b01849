using Holdfast.Linux;
using Holdfast.Node.Software;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Runtimes.Images;

/// <summary>
/// Finds a static busybox: the machine's own, or else one from the distribution's package, which is only unpacked into a
/// temporary directory and never run. Installing it would remove the dynamic <c>busybox</c> that initramfs-tools uses.
/// </summary>
internal static class BusyboxSource
{
    private const string Package = "busybox-static";
    private const string AptCache = "/var/cache/apt/archives";
    private static readonly TimeSpan UnpackTimeout = TimeSpan.FromMinutes(5);
    private static readonly string[] OwnPlaces = ["/bin/busybox", "/usr/bin/busybox", "/usr/local/bin/busybox"];

    /// <summary>The image from the machine's own busybox; null when it has none that is static.</summary>
    public static async Task<OciImage?> FromMachineAsync(
        Machine machine,
        string architecture,
        CancellationToken cancellationToken
    )
    {
        foreach (var place in OwnPlaces)
        {
            var program = await machine.ReadBytesAsync(place, cancellationToken);
            if (program is not null && BusyboxImage.IsStaticProgram(program))
            {
                var applets = BusyboxImage.ReadApplets(program);
                if (applets.Count > 0)
                {
                    return BusyboxImage.Create(architecture, program, applets);
                }
            }
        }
        return null;
    }

    /// <summary>The image from the distribution's package.</summary>
    /// <exception cref="NodeException">PackagesFailed: it could not be fetched.</exception>
    public static async Task<OciImage> FromPackageAsync(
        Machine machine,
        string architecture,
        CancellationToken cancellationToken
    )
    {
        using var work = WorkDirectory.Of(machine.Paths);
        try
        {
            var archive = FindDownloaded(machine) ?? await FetchAsync(machine, work.Path, cancellationToken);
            var unpacked = Path.Join(work.Path, "files");
            var unpack = new ChildCommand("dpkg-deb", "-x", archive, unpacked);
            var result = await machine.RunAsync(unpack, UnpackTimeout, cancellationToken);
            var place = OwnPlaces.Select(p => unpacked + p).FirstOrDefault(File.Exists);
            if (!result.Succeeded || place is null)
            {
                throw Failed(result.Succeeded ? $"{Package} has no busybox" : result.LastErrorLine);
            }
            var program = await File.ReadAllBytesAsync(place, cancellationToken);
            var applets = BusyboxImage.ReadApplets(program);
            return applets.Count > 0
                ? BusyboxImage.Create(architecture, program, applets)
                : throw Failed($"the busybox of {Package} has no table of applets");
        }
        catch (LinuxException cause)
        {
            throw Failed(cause.Message);
        }
    }

    /// <summary>What apt has fetched before is used also when the network is gone.</summary>
    private static string? FindDownloaded(Machine machine)
    {
        var cache = machine.At(AptCache);
        return Directory.Exists(cache)
            ? Directory.EnumerateFiles(cache, $"{Package}_*.deb").Order(StringComparer.Ordinal).LastOrDefault()
            : null;
    }

    private static async Task<string> FetchAsync(Machine machine, string directory, CancellationToken cancellationToken)
    {
        if (machine.Bundle is not { } bundle)
        {
            var debs = await PackageFetch.FetchAsync(machine, [Package], directory, cancellationToken);
            return debs.Single(deb => IsBusybox(Path.GetFileName(deb)));
        }

        var item =
            bundle.Index.Items.FirstOrDefault(item => IsBusybox(item.Item.Replace(BundleIndex.Packages, "")))
            ?? throw Failed($"{bundle.Path} does not have the package {Package}");
        await bundle.ExtractAsync([item], directory, cancellationToken);
        return Directory.GetFiles(directory, "*.deb").Single();
    }

    private static bool IsBusybox(string file) => file.StartsWith($"{Package}_", StringComparison.Ordinal);

    private static NodeException Failed(string cause) =>
        new(
            NodeReason.PackagesFailed,
            $"cannot make {BusyboxImage.Reference}: {cause}; put a static busybox to /bin/busybox (Debian's package {Package}) and try again"
        );
}
