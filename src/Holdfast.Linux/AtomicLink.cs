using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>Symbolic links that are turned in one step: one that is replaced is never missing. Safe from any thread.</summary>
public static class AtomicLink
{
    /// <summary>Where the link leads; null when there is no link.</summary>
    public static string? Read(string link) => new FileInfo(link).LinkTarget;

    /// <summary>Makes or turns a link for good, in a directory that is made when it is missing.</summary>
    /// <param name="target">What it leads to; it need not exist.</param>
    public static void Make(string link, string target)
    {
        var directory = Path.GetDirectoryName(link)!;
        Directory.CreateDirectory(directory);
        Replace(link, target, TemporaryOf(link));
        AtomicFile.SyncDirectory(directory);
    }

    /// <summary>Removes what a process left that was killed in <see cref="Make"/>.</summary>
    public static void RemoveLeftover(string link)
    {
        if (FileStatus.Read(TemporaryOf(link), followLink: false) is not null)
        {
            File.Delete(TemporaryOf(link));
        }
    }

    /// <param name="temporary">Where the new link is made first: in the same directory, with one writer at a time.</param>
    public static void Replace(string link, string target, string temporary)
    {
        File.Delete(temporary);
        File.CreateSymbolicLink(temporary, target);

        FaultPoint.Reach("link.before-rename");

        // File.Move refuses a link that leads to a directory.
        if (Libc.Rename(temporary, link) != 0)
        {
            throw LinuxException.FromErrno($"cannot replace {link}", Marshal.GetLastPInvokeError());
        }
    }

    private static string TemporaryOf(string link) => link + ".holdfast-new";
}
