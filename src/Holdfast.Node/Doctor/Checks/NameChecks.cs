using System.Net;
using Holdfast.Document;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>The host's name, who knows it, and the name servers.</summary>
internal static class NameChecks
{
    public static IEnumerable<PreflightFinding> HostName(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (NameRules.Subdomain(survey.HostName.ToLowerInvariant()) is not null)
        {
            yield return PreflightFinding.Warning(
                FindingId.HostNameInvalid,
                $"the host's name \"{survey.HostName}\" is no DNS name: certificates and other agents refuse it",
                $"run: hostnamectl set-hostname {spec.Name}"
            );
        }

        if (survey.Names.HostNameAtBoot is { } atBoot && !Same(atBoot, survey.HostName))
        {
            yield return PreflightFinding.Warning(
                FindingId.HostNameChanges,
                $"the host is called {survey.HostName} now and, by /etc/hostname, {atBoot} after the next boot",
                $"make /etc/hostname say {survey.HostName}, or run: hostnamectl set-hostname {atBoot}"
            );
        }
    }

    /// <summary>A node on its own may be called anything; kubelet and edgecore register under the host's name.</summary>
    public static IEnumerable<PreflightFinding> NodeName(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var agrees = Same(spec.Name, survey.HostName) || Same(spec.Name, survey.HostName.Split('.')[0]);
        if (!agrees)
        {
            yield return new PreflightFinding(
                FindingId.NodeNameDiffers,
                spec.Cluster.IsStandalone ? PreflightSeverity.Info : PreflightSeverity.Warning,
                $"the node is called {spec.Name} and the host {survey.HostName}",
                spec.Cluster.IsStandalone
                    ? "nothing to do: pods and kubectl know the node's name only"
                    : $"run: hostnamectl set-hostname {spec.Name}, or correct metadata.name"
            );
        }
    }

    public static IEnumerable<PreflightFinding> OwnNameResolves(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var isInHosts =
            survey.Names.Hosts.Any(line => line.Has(survey.HostName))
            || spec.Host.Hosts.Any(entry => entry.Names.Contains(survey.HostName, StringComparer.OrdinalIgnoreCase));
        if (!isInHosts && !survey.Names.KnowsOwnName)
        {
            yield return new PreflightFinding(
                FindingId.HostNameUnknown,
                spec.Cluster.IsStandalone ? PreflightSeverity.Info : PreflightSeverity.Warning,
                $"the host's own name {survey.HostName} is not in /etc/hosts: only a name server could tell its address",
                $"add it to spec.host.hosts, as in {{ address: {OwnAddress(survey, spec)}, names: [{survey.HostName}] }}"
            );
        }
    }

    /// <summary>Our lines come last in the file, and the first that has a name wins.</summary>
    public static IEnumerable<PreflightFinding> ForeignHosts(MachineSurvey survey, EdgeNodeSpec spec)
    {
        foreach (var entry in spec.Host.Hosts)
        {
            foreach (var name in entry.Names)
            {
                var other = survey.Names.Hosts.FirstOrDefault(line =>
                    line.Has(name)
                    && line.Address.AddressFamily == entry.Address.AddressFamily
                    && !line.Address.Equals(entry.Address)
                );
                if (other is not null)
                {
                    yield return SaysOtherwise(survey, entry, name, other);
                }
            }

            var stranger = survey.Names.Hosts.FirstOrDefault(line =>
                line.Address.Equals(entry.Address) && !entry.Names.Any(line.Has)
            );
            if (stranger is not null)
            {
                yield return PreflightFinding.Info(
                    FindingId.HostsAddress,
                    $"/etc/hosts:{stranger.Line} calls {entry.Address} {stranger.Names[0]}, and the node document {entry.Names[0]}",
                    "nothing to do if the machine has both names; else remove that line"
                );
            }
        }
    }

    public static IEnumerable<PreflightFinding> NameServers(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (survey.Names.NameServers.Count == 0)
        {
            yield return PreflightFinding.Info(
                FindingId.NoNameServer,
                "/etc/resolv.conf names no name server: images of registries outside /etc/hosts cannot be pulled",
                "nothing to do for a node without a network; else set up DNS (systemd-resolved, /etc/resolv.conf)"
            );
        }
    }

    /// <summary>Debian gives the host its own name on the loopback, which is of no use to a pod and does no harm.</summary>
    private static PreflightFinding SaysOtherwise(MachineSurvey survey, HostEntry entry, string name, HostsLine other)
    {
        var what =
            $"/etc/hosts:{other.Line} says that {name} is {other.Address}, and the node document {entry.Address}; the line comes first and wins";
        var remedy = $"take {name} out of line {other.Line} of /etc/hosts, or correct spec.host.hosts";
        var isOwnLoopback = IPAddress.IsLoopback(other.Address) && Same(name, survey.HostName);
        return isOwnLoopback
            ? PreflightFinding.Info(FindingId.HostsConflict, what, remedy)
            : PreflightFinding.Drift(FindingId.HostsConflict, what, remedy);
    }

    /// <summary>The gateway of the pods is no address by which others know the machine.</summary>
    private static string OwnAddress(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey
            .HostNetwork.Addresses.FirstOrDefault(address =>
                !IPAddress.IsLoopback(address) && !spec.Network.Bridge.Subnet.Contains(address)
            )
            ?.ToString()
        ?? "127.0.1.1";

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
