namespace Holdfast.FreshNode.Tests;

/// <summary>Where the clone is that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(directory, "Holdfast.slnx")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("not in a clone");
        }

        return directory;
    }
}
