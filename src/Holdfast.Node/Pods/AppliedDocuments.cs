using System.Globalization;
using System.Text;
using Holdfast.Linux;

namespace Holdfast.Node.Pods;

/// <summary>
/// The node documents that <c>up</c> applied, one file each with a rising number, so that <c>up --previous</c> can return
/// to the one before. For the holder of the journal.
/// </summary>
public sealed class AppliedDocuments(NodePaths paths)
{
    /// <summary>Enough to look back over months; a document has at most some hundred kilobytes.</summary>
    private const int MostKept = 20;

    private const string Extension = ".yaml";

    /// <summary>Full paths, the oldest first.</summary>
    public IReadOnlyList<string> List() =>
        Directory.Exists(paths.DocumentsDirectory)
            ?
            [
                .. Directory
                    .EnumerateFiles(paths.DocumentsDirectory, "*" + Extension)
                    .Select(file => (File: file, Number: NumberOf(file)))
                    .Where(document => document.Number > 0)
                    .OrderBy(document => document.Number)
                    .Select(document => document.File),
            ]
            : [];

    /// <summary>The file of the last applied document that is not the one in force; null when there is none.</summary>
    public async Task<string?> FindPreviousAsync(CancellationToken cancellationToken)
    {
        var inForce = await ReadAsync(paths.NodeDocument, cancellationToken);
        foreach (var file in List().Reverse())
        {
            if (await ReadAsync(file, cancellationToken) != inForce)
            {
                return file;
            }
        }

        return null;
    }

    /// <summary>Keeps a document that was applied; the same as the last one is kept once.</summary>
    public async Task KeepAsync(string text, CancellationToken cancellationToken)
    {
        var kept = List();
        if (kept is [.., var last] && await ReadAsync(last, cancellationToken) == text)
        {
            return;
        }

        const UnixFileMode onlyRoot = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(paths.DocumentsDirectory, onlyRoot);
        var number = kept is [.., var newest] ? NumberOf(newest) + 1 : 1;
        await AtomicFile.WriteAsync(
            Path.Join(paths.DocumentsDirectory, number.ToString(CultureInfo.InvariantCulture) + Extension),
            Encoding.UTF8.GetBytes(text),
            AtomicFile.SecretMode,
            null,
            cancellationToken
        );
        foreach (var old in kept.SkipLast(MostKept - 1))
        {
            File.Delete(old);
        }
    }

    /// <summary>A node of an older version has its document in force and none kept.</summary>
    public async Task KeepFirstAsync(CancellationToken cancellationToken)
    {
        if (List().Count == 0 && await ReadAsync(paths.NodeDocument, cancellationToken) is { } inForce)
        {
            await KeepAsync(inForce, cancellationToken);
        }
    }

    private static async Task<string?> ReadAsync(string file, CancellationToken cancellationToken) =>
        File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : null;

    private static int NumberOf(string file) =>
        int.TryParse(
            Path.GetFileNameWithoutExtension(file),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : 0;
}
