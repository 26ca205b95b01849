namespace Holdfast.Linux;

/// <summary>Removal of directories that nothing uses any more. Safe from any thread.</summary>
public static class EmptyDirectory
{
    /// <summary>Removes a directory if nothing is in it.</summary>
    public static void Remove(string path)
    {
        if (!Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path).Any())
        {
            return;
        }

        try
        {
            Directory.Delete(path);
        }
        catch (IOException)
        {
            // Something is mounted there, or someone put a file into it just now: it is in use, and stays.
        }
    }
}
