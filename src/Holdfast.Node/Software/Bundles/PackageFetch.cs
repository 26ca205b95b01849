using Holdfast.Linux;

namespace Holdfast.Node.Software.Bundles;

/// <summary>
/// Fetches packages with all that they need, for a machine that has nothing: apt chooses as it would on an empty one, and
/// verifies what it fetches by the signatures of its archive. Nothing is installed here. Stateless.
/// </summary>
internal static class PackageFetch
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    /// <returns>The files, in the order of their names.</returns>
    /// <exception cref="NodeException">PackagesFailed.</exception>
    public static async Task<IReadOnlyList<string>> FetchAsync(
        Machine machine,
        IReadOnlyCollection<string> packages,
        string directory,
        CancellationToken cancellationToken
    )
    {
        var cache = Path.Join(directory, "archives");
        Directory.CreateDirectory(Path.Join(cache, "partial"));
        var status = Path.Join(directory, "status");
        await AtomicFile.WriteAsync(status, default, cancellationToken: cancellationToken);
        machine.Progress?.Report($"fetching {string.Join(", ", packages)} with all that they need");
        IReadOnlyList<string> options =
        [
            "-q",
            "-o",
            $"Dir::State::status={status}",
            "-o",
            $"Dir::Cache::archives={cache}",
            "-o",
            $"Dir::Cache::pkgcache={directory}/pkgcache.bin",
            "-o",
            $"Dir::Cache::srcpkgcache={directory}/srcpkgcache.bin",
            "-o",
            "Debug::NoLocking=1",
            "-o",
            "APT::Sandbox::User=root",
        ];
        var install = new ChildCommand(
            "apt-get",
            [
                .. options,
                "install",
                "--download-only",
                "-y",
                "--no-install-recommends",
                .. packages.Order(StringComparer.Ordinal),
            ]
        );
        var result = await machine.RunAsync(install, Timeout, cancellationToken);
        if (!result.Succeeded)
        {
            // The lists were never fetched, or are so old that what they name is gone.
            _ = await machine.RunAsync(new ChildCommand("apt-get", "-q", "update"), Timeout, cancellationToken);
            result = await machine.RunAsync(install, Timeout, cancellationToken);
        }

        return result.Succeeded
            ? [.. Directory.GetFiles(cache, "*.deb").Order(StringComparer.Ordinal)]
            : throw new NodeException(
                NodeReason.PackagesFailed,
                $"cannot fetch {string.Join(", ", packages)}: {result.LastErrorLine}; apt-get update must succeed on this machine"
            );
    }
}
