namespace Holdfast.Repo.Tests;

/// <summary>The files of the clone that the tests were built from.</summary>
internal static class RepositoryFiles
{
    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Join(Root, path));

    private static string FindRoot()
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
