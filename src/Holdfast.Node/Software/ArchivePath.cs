using System.Text;

namespace Holdfast.Node.Software;

/// <summary>
/// Names in archives come from anyone: here they become paths that cannot leave the directory they are unpacked into, or
/// are refused. Pure.
/// </summary>
internal static class ArchivePath
{
    /// <summary>Parts joined by <c>/</c>; empty for the top itself (<c>./</c>).</summary>
    /// <exception cref="NodeException">ArchiveRefused.</exception>
    public static string Normalize(string name, ArchiveLimits limits)
    {
        if (name.StartsWith('/'))
        {
            throw Refused(name, "its path is absolute");
        }

        RequireSane(name, limits);
        var parts = name.Split('/').Where(part => part is not ("" or ".")).ToArray();
        if (parts.Contains(".."))
        {
            throw Refused(name, "its path has .. in it");
        }

        if (parts.Length > limits.MaxDepth)
        {
            throw Refused(name, $"it lies more than {limits.MaxDepth} directories deep");
        }

        return parts.Any(part => Encoding.UTF8.GetByteCount(part) > limits.MaxNameLength)
            ? throw Refused(name, $"a part of its path has more than {limits.MaxNameLength} bytes")
            : string.Join('/', parts);
    }

    /// <summary>
    /// Whether a link that lies at a path stays within the target. Only leading <c>..</c> are taken: behind a name, which
    /// may be a link itself, nobody can tell where they lead.
    /// </summary>
    /// <param name="path">Where the link lies, as <see cref="Normalize"/> made it.</param>
    /// <param name="link">What it says.</param>
    /// <param name="target">Absolute directory that the archive is unpacked into.</param>
    /// <exception cref="NodeException">ArchiveRefused.</exception>
    public static void RequireInside(string path, string link, string target, ArchiveLimits limits)
    {
        if (link.Length == 0)
        {
            throw Refused(path, "it is a link to nothing");
        }

        RequireSane(link, limits);
        var parts = link.Split('/').Where(part => part is not ("" or ".")).ToList();
        if (link.StartsWith('/'))
        {
            var top = target.Split('/', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Contains("..") || !parts.Take(top.Length).SequenceEqual(top))
            {
                throw Refused(path, $"it is a link to {Shown(link)}, out of {target}");
            }

            return;
        }

        var up = parts.TakeWhile(part => part == "..").Count();
        if (up > path.Count(c => c == '/') || parts.Skip(up).Contains(".."))
        {
            throw Refused(path, $"it is a link to {Shown(link)}, out of {target}");
        }
    }

    public static NodeException Refused(string name, string why) =>
        new(NodeReason.ArchiveRefused, $"cannot unpack \"{Shown(name)}\": {why}");

    /// <summary>A name as it may stand in a message.</summary>
    public static string Shown(string name)
    {
        const int Longest = 120;
        var oneLine = string.Concat(name.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return oneLine.Length <= Longest ? oneLine : $"{oneLine[..Longest]}...";
    }

    private static void RequireSane(string name, ArchiveLimits limits)
    {
        if (name.Any(c => char.IsControl(c) || c == '\uFFFD'))
        {
            throw Refused(name, "its name has control characters or is not UTF-8");
        }

        if (Encoding.UTF8.GetByteCount(name) > limits.MaxPathLength)
        {
            throw Refused(name, $"its name has more than {limits.MaxPathLength} bytes");
        }
    }
}
