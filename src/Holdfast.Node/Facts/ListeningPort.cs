using System.Globalization;
using Holdfast.Linux;

namespace Holdfast.Node.Facts;

/// <summary>Finds out who listens on a TCP port. Stateless.</summary>
internal static class ListeningPort
{
    private const string Listening = "0A";

    /// <returns>Program and process id, or <c>another program</c>; null when the port is free.</returns>
    public static string? FindOwner(string root, int port)
    {
        var inode =
            FindInode(Path.Join(root, "proc/net/tcp"), port) ?? FindInode(Path.Join(root, "proc/net/tcp6"), port);
        if (inode is null)
        {
            return null;
        }

        var link = $"socket:[{inode}]";
        foreach (var id in ProcessTable.ListIds())
        {
            if (HoldsSocket(id, link))
            {
                return $"{ProcessTable.NameOf(id)} (process {id})";
            }
        }

        return "another program";
    }

    /// <summary>Columns: number, local address:port in hex, remote, state, queues, timer, retransmits, uid, timeout, inode.</summary>
    private static string? FindInode(string table, int port)
    {
        if (!File.Exists(table))
        {
            return null;
        }

        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var local = fields[1].AsSpan(fields[1].LastIndexOf(':') + 1);
            if (
                fields[3] == Listening
                && int.Parse(local, NumberStyles.HexNumber, CultureInfo.InvariantCulture) == port
            )
            {
                return fields[9];
            }
        }

        return null;
    }

    private static bool HoldsSocket(int processId, string link)
    {
        try
        {
            return Directory
                .EnumerateFiles($"/proc/{processId}/fd")
                .Any(descriptor => new FileInfo(descriptor).LinkTarget == link);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
