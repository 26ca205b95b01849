using System.IO.Enumeration;
using Holdfast.Node.Toml;

namespace Holdfast.Node.Runtimes.Containerd;

/// <summary>
/// The files that a containerd reads beside its main one. From 2.0 on it merges them, so what other people say there
/// counts beside what Holdfast says.
/// Source: LoadConfig of containerd's cmd/containerd/server/config.
/// </summary>
internal static class ContainerdImports
{
    /// <summary>containerd refuses circles; real machines have a handful of files.</summary>
    private const int MaxFiles = 64;

    private static readonly TomlPath Imports = TomlPath.Of("imports");

    /// <summary>The imports of a file as it has them; null when it says nothing of them.</summary>
    public static IReadOnlyList<string>? Of(TomlDocument document) =>
        document.Get(Imports) is TomlArray imports
            ? [.. imports.Items.OfType<TomlString>().Select(import => import.Value)]
            : null;

    /// <summary>An import is a path, relative to the file's directory, whose last part may be a pattern.</summary>
    public static bool Includes(string importing, string import, string file)
    {
        var path = Path.GetFullPath(import, Path.GetDirectoryName(importing)!);
        return Path.GetDirectoryName(path) == Path.GetDirectoryName(file)
            && FileSystemName.MatchesSimpleExpression(
                Path.GetFileName(path),
                Path.GetFileName(file),
                ignoreCase: false
            );
    }

    /// <summary>
    /// What a main file and those that it imports import, each once. What is not TOML is left to containerd, which refuses it.
    /// </summary>
    /// <param name="without">A file that is left out: Holdfast's own.</param>
    /// <param name="defaults">What the main file imports when it does not say so itself.</param>
    public static async Task<IReadOnlyList<TomlDocument>> ReadAsync(
        Machine machine,
        string main,
        string without,
        IReadOnlyList<string> defaults,
        CancellationToken cancellationToken
    )
    {
        var documents = new List<TomlDocument>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { main };
        var waiting = new Queue<string>(seen);
        while (waiting.TryDequeue(out var path) && seen.Count < MaxFiles)
        {
            if (await ReadOneAsync(machine, path, cancellationToken) is not { } document)
            {
                continue;
            }
            if (path != main && path != without)
            {
                documents.Add(document);
            }
            var imports = Of(document) ?? (path == main ? defaults : []);
            foreach (var found in imports.SelectMany(import => List(machine, path, import)).Where(seen.Add))
            {
                waiting.Enqueue(found);
            }
        }
        return documents;
    }

    private static IEnumerable<string> List(Machine machine, string importing, string import)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(import, Path.GetDirectoryName(importing)!)) ?? "/";
        return machine.ListFiles(directory).Where(file => Includes(importing, import, file));
    }

    private static async Task<TomlDocument?> ReadOneAsync(
        Machine machine,
        string path,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await machine.ReadBytesAsync(path, cancellationToken) is { } content
                ? TomlDocument.Parse(content, path)
                : null;
        }
        catch (NodeException refusal) when (refusal.Reason == NodeReason.FileNotUnderstood)
        {
            return null;
        }
    }
}
