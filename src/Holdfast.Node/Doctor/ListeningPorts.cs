using System.Globalization;
using Holdfast.Linux;

namespace Holdfast.Node.Doctor;

/// <summary>Finds the programs that listen on TCP ports.</summary>
internal static class ListeningPorts
{
    private const string Listening = "0A";

    /// <returns>For each of these ports that is taken: program and process id, or <c>another program</c>.</returns>
    public static IReadOnlyDictionary<int, string> FindOwners(string root, IReadOnlyCollection<int> ports)
    {
        var sockets = new Dictionary<string, int>();
        foreach (var table in (string[])["proc/net/tcp", "proc/net/tcp6"])
        {
            foreach (var (port, inode) in ReadListeners(Path.Join(root, table)).Where(l => ports.Contains(l.Port)))
            {
                sockets[$"socket:[{inode}]"] = port;
            }
        }

        var owners = sockets.Values.Distinct().ToDictionary(port => port, _ => "another program");
        var unknown = sockets.Values.ToHashSet();
        foreach (var id in unknown.Count == 0 ? [] : ProcessTable.ListIds())
        {
            foreach (var port in SocketsOf(id).Where(sockets.ContainsKey).Select(socket => sockets[socket]))
            {
                if (unknown.Remove(port))
                {
                    owners[port] = $"{ProcessTable.NameOf(id)} (process {id})";
                }
            }

            if (unknown.Count == 0)
            {
                break;
            }
        }

        return owners;
    }

    /// <summary>Columns: number, local address:port in hex, remote, state, queues, timer, retransmits, uid, timeout, inode.</summary>
    private static IEnumerable<(int Port, string Inode)> ReadListeners(string table)
    {
        if (!File.Exists(table))
        {
            yield break;
        }

        foreach (var line in File.ReadLines(table).Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9 && fields[3] == Listening)
            {
                var hex = fields[1].AsSpan(fields[1].LastIndexOf(':') + 1);
                if (int.TryParse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var port))
                {
                    yield return (port, fields[9]);
                }
            }
        }
    }

    private static IEnumerable<string> SocketsOf(int processId)
    {
        try
        {
            return
            [
                .. Directory
                    .EnumerateFiles($"/proc/{processId}/fd")
                    .Select(descriptor => new FileInfo(descriptor).LinkTarget)
                    .OfType<string>()
                    .Where(target => target.StartsWith("socket:", StringComparison.Ordinal)),
            ];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
