namespace Holdfast.Repo.Tests;

/// <summary>The files of the repository, without what builds leave behind. Immutable.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] NotOurs =
    [
        ".git",
        "bin",
        "obj",
        ".build",
        "TestResults",
        "BenchmarkDotNet.Artifacts",
    ];

    public static string Root { get; } = Find();

    /// <summary>Paths relative to the root, with slashes.</summary>
    public static IReadOnlyList<string> All { get; } = [.. List(Root).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Sources => All.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    public static string Read(string file) => File.ReadAllText(Path.Join(Root, file));

    public static bool Has(string path) => Path.Exists(Path.Join(Root, path));

    private static IEnumerable<string> List(string directory)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (NotOurs.Contains(entry.Name) || entry.LinkTarget is not null)
            {
                continue;
            }

            if (entry is DirectoryInfo)
            {
                foreach (var file in List(entry.FullName))
                {
                    yield return file;
                }
            }
            else
            {
                yield return Path.GetRelativePath(Root, entry.FullName);
            }
        }
    }

    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(directory, "Holdfast.slnx")))
        {
            directory =
                Path.GetDirectoryName(directory)
                ?? throw new InvalidOperationException("internal error: the tests do not lie in the repository");
        }

        return directory;
    }
}
