using System.Formats.Tar;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Bundles;

/// <summary>Writes a bundle and puts it into its place when it is complete.</summary>
internal static class BundleWriter
{
    /// <param name="work">A directory beside the bundle that only its owner can write.</param>
    /// <param name="files">Where the content of each item of the index lies.</param>
    public static async Task WriteAsync(
        string path,
        string work,
        BundleIndex index,
        IReadOnlyDictionary<string, string> files,
        CancellationToken cancellationToken
    )
    {
        var temporary = Path.Join(work, "bundle");
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
        AtomicFile.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
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
}
