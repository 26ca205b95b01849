using Holdfast.Document;
using Holdfast.Linux;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Software;

/// <summary>A file in the directory of downloads whose checksum was right.</summary>
internal sealed record VerifiedFile(string Path, string Sha256);

/// <summary>
/// Fetches archives to <c>/var/lib/holdfast/downloads</c>: from the bundle where there is one, else from the address and
/// its mirrors in order. A file is called by its SHA-256 only after all of it was verified. For one caller at a time.
/// </summary>
/// <param name="directory">Null: the directory of downloads of the node.</param>
internal sealed class Download(Machine machine, DownloadLimits? limits = null, string? directory = null)
{
    private readonly string directory = directory ?? machine.Paths.DownloadsDirectory;
    private readonly DownloadLimits limits = limits ?? new DownloadLimits();

    /// <exception cref="NodeException">DownloadFailed, or ArchiveRefused when what came is not what was asked for.</exception>
    public async Task<VerifiedFile> FetchAsync(ArchiveSpec archive, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        if (machine.Bundle is { } bundle)
        {
            return await TakeFromAsync(bundle, archive, cancellationToken);
        }

        using var client = CreateClient();
        var transfer = new Transfer(client, machine, limits);
        var sha256 = archive.Sha256 ?? await FetchChecksumAsync(client, archive, cancellationToken);
        if (await HasAsync(sha256, cancellationToken) is { } present)
        {
            return present;
        }

        var path = Path.Join(directory, sha256);
        File.Delete(path);
        await FetchAnyAsync(transfer, archive, sha256, path, cancellationToken);
        return new VerifiedFile(path, sha256);
    }

    /// <summary>Removes what is no longer needed to repair what is installed.</summary>
    public static void Prune(NodePaths paths, IReadOnlySet<string> needed)
    {
        if (!Directory.Exists(paths.DownloadsDirectory))
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(paths.DownloadsDirectory))
        {
            if (!needed.Contains(Path.GetFileName(file)))
            {
                File.Delete(file);
            }
        }
    }

    private HttpClient CreateClient() =>
        new(new SocketsHttpHandler { ConnectTimeout = limits.ConnectTimeout }, disposeHandler: true)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };

    /// <summary>With a bundle nobody else is asked: a machine without network would only wait for answers.</summary>
    private async Task<VerifiedFile> TakeFromAsync(
        Bundle bundle,
        ArchiveSpec archive,
        CancellationToken cancellationToken
    )
    {
        var item = archive.Sha256 is { } known
            ? bundle.Find(known)
            : bundle.Index.Items.FirstOrDefault(item => item.Source == Transfer.Shown(archive.Url));
        if (item is null)
        {
            // What is installed may be of an earlier bundle; its archive is kept for repairs.
            return archive.Sha256 is { } kept && await HasAsync(kept, cancellationToken) is { } file
                ? file
                : throw new NodeException(
                    NodeReason.DownloadFailed,
                    $"cannot find {archive.FileName} in {bundle.Path}; nothing was changed; make the bundle anew from this node document"
                );
        }

        if (await HasAsync(item.Sha256, cancellationToken) is { } present)
        {
            return present;
        }

        machine.Progress?.Report($"taking {archive.FileName} out of {bundle.Path}");
        await bundle.ExtractAsync([item], directory, cancellationToken);
        return new VerifiedFile(Path.Join(directory, item.Sha256), item.Sha256);
    }

    /// <summary>What was fetched before, if all of it is still right.</summary>
    private async Task<VerifiedFile?> HasAsync(string sha256, CancellationToken cancellationToken)
    {
        var path = Path.Join(directory, sha256);
        return await FileSnapshot.HashAsync(path, cancellationToken) == sha256 ? new VerifiedFile(path, sha256) : null;
    }

    private async Task FetchAnyAsync(
        Transfer transfer,
        ArchiveSpec archive,
        string sha256,
        string path,
        CancellationToken cancellationToken
    )
    {
        var part = path + ".part";
        var failures = new List<string>();
        var isWrong = false;
        foreach (var url in (IEnumerable<Uri>)[archive.Url, .. archive.Mirrors])
        {
            try
            {
                if (await FetchOneAsync(transfer, url, part, sha256, cancellationToken) is { } other)
                {
                    isWrong = true;
                    failures.Add($"{Transfer.Shown(url)} has SHA-256 {other} instead of {sha256}");
                    continue;
                }

                File.Move(part, path, overwrite: true);
                AtomicFile.SyncDirectory(Path.GetDirectoryName(path)!);
                return;
            }
            catch (TransferException failure)
            {
                failures.Add(failure.Message);
            }
        }

        throw new NodeException(
            isWrong ? NodeReason.ArchiveRefused : NodeReason.DownloadFailed,
            $"cannot fetch {archive.FileName}: {string.Join("; ", failures)}; nothing was changed; "
                + (
                    isWrong
                        ? "make sure that address and checksum in the node document belong together"
                        : "check the addresses in the node document and the network, then run the same command again"
                )
        );
    }

    /// <returns>The checksum of what came, when it is another.</returns>
    private async Task<string?> FetchOneAsync(
        Transfer transfer,
        Uri url,
        string part,
        string sha256,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var isFresh = !File.Exists(part);
            await FetchToAsync(transfer, url, part, cancellationToken);
            var hash = await FileSnapshot.HashAsync(part, cancellationToken);
            if (hash == sha256)
            {
                return null;
            }

            File.Delete(part);
            if (isFresh)
            {
                return hash;
            }

            // Its beginning came from elsewhere, or from before a change of the file: all of it is fetched.
        }
    }

    private async Task FetchToAsync(Transfer transfer, Uri url, string part, CancellationToken cancellationToken)
    {
        if (!url.IsFile)
        {
            await transfer.FetchAsync(url, part, cancellationToken);
            return;
        }

        try
        {
            machine.Progress?.Report($"copying {url.LocalPath}");
            File.Delete(part);
            await AtomicFile.CopyAsync(url.LocalPath, part, AtomicFile.DefaultMode, null, cancellationToken);
        }
        catch (LinuxException cause) when (cause.Reason is LinuxReason.NotFound or LinuxReason.Denied)
        {
            throw new TransferException(cause.Message, isFinal: true, cause);
        }
    }

    private async Task<string> FetchChecksumAsync(
        HttpClient client,
        ArchiveSpec archive,
        CancellationToken cancellationToken
    )
    {
        var url = archive.Sha256Url!;
        var part = Path.Join(directory, "sha256sum.part");
        var transfer = new Transfer(client, machine, limits with { MaxLength = limits.MaxChecksumFileLength });
        string text;
        try
        {
            File.Delete(part);
            await FetchToAsync(transfer, url, part, cancellationToken);
            text = await File.ReadAllTextAsync(part, cancellationToken);
            File.Delete(part);
        }
        catch (Exception failure) when (failure is TransferException or IOException or UnauthorizedAccessException)
        {
            throw new NodeException(
                NodeReason.DownloadFailed,
                $"cannot fetch the checksum of {archive.FileName}: {failure.Message}; nothing was changed; "
                    + "correct sha256Url in the node document, or say sha256 instead",
                failure
            );
        }

        return ChecksumFile.Find(text, archive.FileName)
            ?? throw new NodeException(
                NodeReason.ArchiveRefused,
                $"cannot verify {archive.FileName}: {Transfer.Shown(url)} has no SHA-256 of a file of this name; "
                    + "correct sha256Url in the node document, or say sha256 instead"
            );
    }
}
