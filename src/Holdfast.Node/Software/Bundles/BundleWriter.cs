using System.Formats.Tar;
using Holdfast.Linux;

namespace Holdfast.Node.Software.Bundles;

/// <summary>Writes a bundle beside its place and puts it there when it is complete. Stateless.</summary>
internal static class BundleWriter
{
    /// <param name="files">Where the content of each item of the index lies.</param>
    public static async Task WriteAsync(
        string path,
        BundleIndex index,
        IReadOnlyDictionary<string, string> files,
        CancellationToken cancellationToken
    )
    {
        var temporary = path + ".part";
        try
        {
            await using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
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
        finally
        {
            File.Delete(temporary);
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
}
