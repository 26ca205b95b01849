namespace Holdfast.Agent.Sandboxes;

/// <summary>What a resolver configuration says. Immutable; the parser is pure.</summary>
internal sealed record ResolvConf(
    IReadOnlyList<string> NameServers,
    IReadOnlyList<string> Searches,
    IReadOnlyList<string> Options
)
{
    private const string SystemdResolvedUpstream = "/run/systemd/resolve/resolv.conf";

    public static ResolvConf Empty { get; } = new([], [], []);

    /// <summary>
    /// Reads the node's file. A stub resolver on the loopback address cannot be reached from a pod's network, so where
    /// systemd-resolved runs its list of real servers is taken instead.
    /// </summary>
    public static ResolvConf ReadNode(string path)
    {
        var conf = ReadFile(path);
        var onlyLoopback =
            conf.NameServers.Count > 0 && conf.NameServers.All(s => s.StartsWith("127.", StringComparison.Ordinal));
        return onlyLoopback && File.Exists(SystemdResolvedUpstream) ? ReadFile(SystemdResolvedUpstream) : conf;
    }

    public static ResolvConf Parse(string text)
    {
        var servers = new List<string>();
        IReadOnlyList<string> searches = [];
        IReadOnlyList<string> options = [];
        foreach (var line in text.Split('\n'))
        {
            var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0 || fields[0][0] is '#' or ';')
            {
                continue;
            }

            switch (fields[0])
            {
                case "nameserver" when fields.Length > 1:
                    servers.Add(fields[1]);
                    break;
                // The last search line wins (resolv.conf(5)); a lone dot means the root and is of no use to a pod.
                case "search":
                    searches = fields[1..]
                        .Select(s => s.Length > 1 ? s.TrimEnd('.') : s)
                        .Where(s => s != ".")
                        .ToArray();
                    break;
                case "options":
                    options = fields[1..];
                    break;
                default:
                    break;
            }
        }

        return new ResolvConf(servers, searches, options);
    }

    private static ResolvConf ReadFile(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Empty;
        }
    }
}
