using System.Runtime.InteropServices;

namespace Holdfast.Linux;

/// <summary>Points a symbolic link at something else in one step; it is never missing. Safe from any thread.</summary>
public static class AtomicLink
{
    /// <param name="link">The link; made when it is not there.</param>
    /// <param name="target">What it points at; it need not exist.</param>
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
}
