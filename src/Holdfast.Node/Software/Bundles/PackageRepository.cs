using System.Globalization;
using System.Text;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Bundles;

/// <summary>
/// The packages of a bundle as a repository of apt's own kind in a directory: apt chooses from it what this machine lacks,
/// as it would from the network, and uses no other source. Removed when disposed. For one caller at a time.
/// </summary>
internal sealed class PackageRepository : IDisposable
{
    private const string ListName = "Packages";

    private readonly WorkDirectory directory;

    private PackageRepository(WorkDirectory directory)
    {
        this.directory = directory;
        Source = Path.Join(directory.Path, "bundle.list");
        Options =
        [
            "-o",
            $"Dir::Etc::SourceList={Source}",
            "-o",
            "Dir::Etc::SourceParts=/dev/null",
            "-o",
            $"Dir::State::Lists={directory.Path}/lists",
            "-o",
            $"Dir::Cache::pkgcache={directory.Path}/pkgcache.bin",
            "-o",
            $"Dir::Cache::srcpkgcache={directory.Path}/srcpkgcache.bin",
            "-o",
            "APT::Sandbox::User=root",
        ];
    }

    /// <summary>The options with which apt-get knows these packages and no others.</summary>
    public IReadOnlyList<string> Options { get; }

    private string Source { get; }

    /// <summary>Writes the list that apt reads: of each package what it says of itself, and its checksum.</summary>
    /// <exception cref="NodeException">PackagesFailed: a file is no package.</exception>
    public static async Task<string> WriteListAsync(
        Machine machine,
        IReadOnlyList<string> files,
        string directory,
        CancellationToken cancellationToken
    )
    {
        var list = new StringBuilder();
        foreach (var file in files)
        {
            var control = await machine.RunAsync(
                new ChildCommand("dpkg-deb", "--field", file),
                TimeSpan.FromSeconds(30),
                cancellationToken
            );
            if (!control.Succeeded)
            {
                throw new NodeException(
                    NodeReason.PackagesFailed,
                    $"cannot read {Path.GetFileName(file)}: {control.LastErrorLine}"
                );
            }

            list.Append(control.StandardOutput.TrimEnd('\n')).Append('\n');
            list.Append(CultureInfo.InvariantCulture, $"Filename: ./{Path.GetFileName(file)}\n");
            list.Append(CultureInfo.InvariantCulture, $"Size: {new FileInfo(file).Length}\n");
            list.Append(
                CultureInfo.InvariantCulture,
                $"SHA256: {await FileSnapshot.HashAsync(file, cancellationToken)}\n\n"
            );
        }

        var path = Path.Join(directory, ListName);
        await AtomicFile.WriteAsync(
            path,
            Encoding.UTF8.GetBytes(list.ToString()),
            cancellationToken: cancellationToken
        );
        return path;
    }

    /// <summary>Takes the packages out of the bundle and lets apt read their list.</summary>
    /// <returns>Null when the bundle has none.</returns>
    /// <exception cref="NodeException">PackagesFailed: apt cannot read them.</exception>
    public static async Task<PackageRepository?> OpenAsync(
        Machine machine,
        Bundle bundle,
        CancellationToken cancellationToken
    )
    {
        var items = bundle
            .Index.Items.Where(item => item.Item.StartsWith(BundleIndex.Packages, StringComparison.Ordinal))
            .ToArray();
        if (items.Length == 0)
        {
            return null;
        }

        var repository = new PackageRepository(WorkDirectory.Of(machine.Paths));
        try
        {
            await repository.FillAsync(machine, bundle, items, cancellationToken);
            return repository;
        }
        catch
        {
            repository.Dispose();
            throw;
        }
    }

    public void Dispose() => directory.Dispose();

    private async Task FillAsync(
        Machine machine,
        Bundle bundle,
        IReadOnlyCollection<BundleItem> items,
        CancellationToken cancellationToken
    )
    {
        Directory.CreateDirectory(Path.Join(directory.Path, "lists/partial"));
        machine.Progress?.Report($"taking the packages out of {bundle.Path}");
        await bundle.ExtractAsync(items, directory.Path, cancellationToken);
        await AtomicFile.WriteAsync(
            Source,
            Encoding.UTF8.GetBytes($"deb [trusted=yes] file:{directory.Path} ./\n"),
            cancellationToken: cancellationToken
        );
        var update = await machine.RunAsync(
            new ChildCommand("apt-get", ["-q", .. Options, "update"]),
            TimeSpan.FromMinutes(2),
            cancellationToken
        );
        if (!update.Succeeded)
        {
            throw new NodeException(
                NodeReason.PackagesFailed,
                $"cannot read the packages of {bundle.Path}: {update.LastErrorLine}; make the bundle anew"
            );
        }
    }
}
