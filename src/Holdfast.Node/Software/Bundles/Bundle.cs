using System.Formats.Tar;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Bundles;

/// <summary>
/// An open bundle: one uncompressed tar, so that every item can be reached without unpacking the others. Each is verified
/// when it is taken out. For one caller at a time.
/// </summary>
public sealed class Bundle : ISoftwareSource
{
    /// <summary>Bytes; an index of ten thousand packages.</summary>
    private const int MaxIndexLength = 4 * 1024 * 1024;

    private Bundle(string path, BundleIndex index)
    {
        Path = path;
        Index = index;
    }

    public string Path { get; }

    public BundleIndex Index { get; }

    /// <param name="release">Of this machine's distribution (<see cref="MachineFacts.Release"/>).</param>
    /// <exception cref="NodeException">It is not there, no bundle, or for another kind of machine.</exception>
    public static async Task<Bundle> OpenAsync(
        string path,
        string architecture,
        string release,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var file = File.OpenRead(path);
            await using var tar = new TarReader(file);
            var first = await tar.GetNextEntryAsync(copyData: false, cancellationToken);
            if (first is not { Name: BundleIndex.FileName, DataStream: { } content, Length: <= MaxIndexLength })
            {
                throw NoBundle(path, null);
            }

            var bytes = new byte[first.Length];
            await content.ReadExactlyAsync(bytes, cancellationToken);
            var index = BundleIndex.Parse(bytes, path);
            if (index.Architecture != architecture)
            {
                throw new NodeException(
                    NodeReason.NotSupported,
                    $"cannot use {path}: it was made for {index.Architecture}, and this machine is {architecture}; make one on a machine of this kind"
                );
            }

            return index.Release is null || index.Release == release
                ? new Bundle(path, index)
                : throw new NodeException(
                    NodeReason.NotSupported,
                    $"cannot use {path}: its packages are of {index.Release}, and this machine is {release}; make one on a machine of this release"
                );
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NodeException(NodeReason.DownloadFailed, $"cannot read {path}: there is no such file", cause);
        }
        catch (Exception damage) when (damage is InvalidDataException or FormatException or IOException)
        {
            throw NoBundle(path, damage);
        }
    }

    /// <summary>Writes a bundle and puts it into its place when it is complete.</summary>
    /// <param name="work">A directory beside the bundle that only its owner can write.</param>
    /// <param name="files">Where the content of each item of the index lies.</param>
    internal static async Task WriteAsync(
        string path,
        string work,
        BundleIndex index,
        IReadOnlyDictionary<string, string> files,
        CancellationToken cancellationToken
    )
    {
        var temporary = System.IO.Path.Join(work, "bundle");
        await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            await using (var tar = new TarWriter(file, TarEntryFormat.Gnu, leaveOpen: true))
            {
                await AddAsync(tar, BundleIndex.FileName, new MemoryStream(index.ToUtf8()), cancellationToken);
                foreach (var item in index.Items)
                {
                    await AddAsync(tar, item.Item, File.OpenRead(files[item.Item]), cancellationToken);
                }
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        AtomicFile.SyncDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
    }

    /// <summary>The item of this content; null when the bundle does not have it.</summary>
    public BundleItem? Find(string sha256) => Index.Items.FirstOrDefault(item => item.Sha256 == sha256);

    /// <summary>Copies items to a directory, under the last part of their names, and verifies each.</summary>
    /// <exception cref="NodeException">ArchiveRefused: one is not what the index says; DownloadFailed: one is missing.</exception>
    public async Task ExtractAsync(
        IReadOnlyCollection<BundleItem> items,
        string directory,
        CancellationToken cancellationToken
    )
    {
        var wanted = items.ToDictionary(item => item.Item, StringComparer.Ordinal);
        try
        {
            await using var file = File.OpenRead(Path);
            await using var tar = new TarReader(file);
            while (wanted.Count > 0 && await tar.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
            {
                if (wanted.Remove(entry.Name, out var item))
                {
                    await SaveAsync(item, entry, directory, cancellationToken);
                }
            }
        }
        catch (Exception damage) when (damage is InvalidDataException or FormatException or EndOfStreamException)
        {
            throw NoBundle(Path, damage);
        }

        if (wanted.Count > 0)
        {
            throw new NodeException(
                NodeReason.DownloadFailed,
                $"cannot find {wanted.Keys.First()} in {Path}: the file was cut short; copy it again"
            );
        }
    }

    private static async Task AddAsync(TarWriter tar, string name, Stream content, CancellationToken cancellationToken)
    {
        await using (content)
        {
            var entry = new GnuTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = content,
                Mode = AtomicFile.DefaultMode,
                ModificationTime = DateTimeOffset.UnixEpoch,
            };
            await tar.WriteEntryAsync(entry, cancellationToken);
        }
    }

    private async Task SaveAsync(BundleItem item, TarEntry entry, string directory, CancellationToken cancellationToken)
    {
        // The name is the index's, and what is left of it after the last slash can lead nowhere else.
        var name = item.Item[(item.Item.LastIndexOf('/') + 1)..];
        if (name is "" or "." or ".." || entry.Length != item.Size)
        {
            throw Refused(item);
        }

        var path = System.IO.Path.Join(directory, name);
        var temporary = path + ".part";
        await entry.ExtractToFileAsync(temporary, overwrite: true, cancellationToken);
        if (await FileSnapshot.HashAsync(temporary, cancellationToken) != item.Sha256)
        {
            File.Delete(temporary);
            throw Refused(item);
        }

        using (var file = File.OpenHandle(temporary))
        {
            RandomAccess.FlushToDisk(file);
        }

        File.Move(temporary, path, overwrite: true);
        AtomicFile.SyncDirectory(directory);
    }

    private NodeException Refused(BundleItem item) =>
        new(
            NodeReason.ArchiveRefused,
            $"cannot use {item.Item} of {Path}: its content is not what the bundle's index says; nothing was changed; copy the bundle again"
        );

    private static NodeException NoBundle(string path, Exception? cause) =>
        new(
            NodeReason.ArchiveRefused,
            $"cannot use {path}: it is no bundle, or it is damaged; make it with: holdfast bundle",
            cause
        );
}

/// <summary>A machine that takes its software from a bundle.</summary>
public static class MachineBundle
{
    extension(Machine machine)
    {
        /// <summary>Null where software comes from the network.</summary>
        public Bundle? Bundle => machine.Source as Bundle;

        /// <summary>The same machine, with everything that it needs from elsewhere in one file.</summary>
        public Machine WithBundle(Bundle? bundle) => machine.WithSource(bundle);
    }
}
