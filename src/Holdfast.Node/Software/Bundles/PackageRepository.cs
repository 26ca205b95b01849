using System.Globalization;
using System.Text;
using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Software.Bundles;

/// <summary>
/// The packages of a bundle as a repository of apt's own kind in a directory: apt chooses from it what this machine lacks,
/// as it would from the network, and never asks anybody else. Stateless.
/// </summary>
internal static class PackageRepository
{
    private const string ListName = "Packages";

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
                $"SHA256: {await FileOriginal.HashAsync(file, cancellationToken)}\n\n"
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
    /// <returns>The options with which apt-get knows these packages and no others; null when the bundle has none.</returns>
    public static async Task<IReadOnlyList<string>?> OpenAsync(
        Machine machine,
        Bundle bundle,
        CancellationToken cancellationToken
    )
    {
        var items = bundle.Index.Items.Where(item =>
            item.Item.StartsWith(BundleIndex.Packages, StringComparison.Ordinal)
        );
        if (!items.Any())
        {
            return null;
        }

        var directory = DirectoryOf(machine);
        Close(machine);
        Directory.CreateDirectory(Path.Join(directory, "lists/partial"));
        machine.Progress?.Report($"taking the packages out of {bundle.Path}");
        await bundle.ExtractAsync([.. items], directory, cancellationToken);
        var source = Path.Join(directory, "bundle.list");
        await AtomicFile.WriteAsync(
            source,
            Encoding.UTF8.GetBytes($"deb [trusted=yes] file:{directory} ./\n"),
            cancellationToken: cancellationToken
        );
        IReadOnlyList<string> options =
        [
            "-o",
            $"Dir::Etc::SourceList={source}",
            "-o",
            "Dir::Etc::SourceParts=/dev/null",
            "-o",
            $"Dir::State::Lists={directory}/lists",
            "-o",
            $"Dir::Cache::pkgcache={directory}/pkgcache.bin",
            "-o",
            $"Dir::Cache::srcpkgcache={directory}/srcpkgcache.bin",
            "-o",
            "APT::Sandbox::User=root",
        ];
        var update = await machine.RunAsync(
            new ChildCommand("apt-get", ["-q", .. options, "update"]),
            TimeSpan.FromMinutes(2),
            cancellationToken
        );
        return update.Succeeded
            ? options
            : throw new NodeException(
                NodeReason.PackagesFailed,
                $"cannot read the packages of {bundle.Path}: {update.LastErrorLine}; make the bundle anew"
            );
    }

    /// <summary>Removes what <see cref="OpenAsync"/> made.</summary>
    public static void Close(Machine machine)
    {
        if (Directory.Exists(DirectoryOf(machine)))
        {
            Directory.Delete(DirectoryOf(machine), recursive: true);
        }
    }

    private static string DirectoryOf(Machine machine) => Path.Join(machine.Paths.DownloadsDirectory, "packages");
}
