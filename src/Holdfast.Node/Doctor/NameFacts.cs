namespace Holdfast.Node.Doctor;

/// <summary>How names are found on this machine.</summary>
public sealed record NameFacts
{
    /// <summary>What <c>/etc/hostname</c> says: the host's name after the next boot; null without that file.</summary>
    public string? HostNameAtBoot { get; init; }

    /// <summary>Whether the C library finds the host's own name by itself (nss-myhostname).</summary>
    public bool KnowsOwnName { get; init; }

    /// <summary>As <c>/etc/resolv.conf</c> has them.</summary>
    public IReadOnlyList<string> NameServers { get; init; } = [];

    /// <summary>Lines of <c>/etc/hosts</c> that are not ours.</summary>
    public IReadOnlyList<HostsLine> Hosts { get; init; } = [];

    internal static async Task<NameFacts> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var atBoot = await machine.ReadTextAsync("/etc/hostname", cancellationToken);
        var nsswitch = await machine.ReadTextAsync("/etc/nsswitch.conf", cancellationToken) ?? "";
        var resolv = await machine.ReadTextAsync("/etc/resolv.conf", cancellationToken) ?? "";
        return new NameFacts
        {
            HostNameAtBoot = atBoot
                ?.Split('\n')
                .Select(line => line.Trim())
                .FirstOrDefault(line => line.Length > 0 && line[0] != '#'),
            KnowsOwnName = Fields(nsswitch, "hosts:").Any(fields => fields.Contains("myhostname")),
            NameServers =
            [
                .. Fields(resolv, "nameserver").Select(fields => fields.ElementAtOrDefault(1)).OfType<string>(),
            ],
            Hosts = await HostsLine.ReadAsync(machine, cancellationToken),
        };
    }

    /// <summary>Words of each line that begins with one.</summary>
    private static IEnumerable<string[]> Fields(string text, string first) =>
        text.Split('\n')
            .Select(line => line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.FirstOrDefault() == first);
}
