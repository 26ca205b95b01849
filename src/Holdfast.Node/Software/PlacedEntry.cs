using Holdfast.Linux;
using Holdfast.Node.Resources;

namespace Holdfast.Node.Software;

/// <summary>Compares a path of the machine with what was unpacked there. Stateless.</summary>
internal static class PlacedEntry
{
    /// <summary>What is different, for people; null when nothing is.</summary>
    /// <param name="trustTime">
    /// Whether a file of the same length and time is taken for unchanged. Without it, and whenever the time differs, the
    /// content is hashed.
    /// </param>
    public static async Task<string?> FindDifferenceAsync(
        Machine machine,
        ArchiveEntry entry,
        bool trustTime,
        CancellationToken cancellationToken
    )
    {
        var at = machine.At(entry.Path);
        var now = FileStatus.Read(at, followLink: false);
        if (now is null)
        {
            return $"{entry.Path} does not exist";
        }

        switch (entry.Kind)
        {
            case ArchiveEntryKind.Directory:
                return now.Kind == FileKind.Directory ? null : $"{entry.Path} is not a directory";
            case ArchiveEntryKind.Link:
                return now.Kind == FileKind.SymbolicLink && new FileInfo(at).LinkTarget == entry.Target
                    ? null
                    : $"{entry.Path} is not a link to {entry.Target}";
            default:
                return await CompareFileAsync(at, entry, now, trustTime, cancellationToken);
        }
    }

    private static async Task<string?> CompareFileAsync(
        string at,
        ArchiveEntry entry,
        FileStatus now,
        bool trustTime,
        CancellationToken cancellationToken
    )
    {
        if (now.Kind != FileKind.Regular)
        {
            return $"{entry.Path} is not a file";
        }

        if (now.Length != entry.Length)
        {
            return $"{entry.Path} has another content";
        }

        if (now.Mode != entry.Mode)
        {
            return $"{entry.Path} has mode {Octal(now.Mode)} instead of {Octal(entry.Mode)}";
        }

        // Only root can give files away.
        if (Environment.IsPrivilegedProcess && now.Owner != entry.Owner)
        {
            return $"{entry.Path} belongs to {now.Owner.Uid}:{now.Owner.Gid}";
        }

        if (trustTime && now.ModifiedAt.ToUnixTimeSeconds() == entry.ModifiedAt.ToUnixTimeSeconds())
        {
            return null;
        }

        return await FileOriginal.HashAsync(at, cancellationToken) == entry.Sha256
            ? null
            : $"{entry.Path} has another content";
    }

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
