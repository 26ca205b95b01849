using System.Net;
using Holdfast.Document;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>The host's name, who knows it, and the name servers.</summary>
internal static class NameChecks
{
    public static PreflightFinding? InvalidHostName(MachineSurvey survey, EdgeNodeSpec spec) =>
        NameRules.Subdomain.Allows(survey.HostName.ToLowerInvariant())
            ? null
            : Warning(
                $"the host's name \"{survey.HostName}\" is no DNS name: certificates and other agents refuse it",
                $"run: hostnamectl set-hostname {spec.Name}"
            );

    public static PreflightFinding? ChangingHostName(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Names.HostNameAtBoot is { } atBoot && !Same(atBoot, survey.HostName)
            ? Warning(
                $"the host is called {survey.HostName} now and, by /etc/hostname, {atBoot} after the next boot",
                $"make /etc/hostname say {survey.HostName}, or run: hostnamectl set-hostname {atBoot}"
            )
            : null;

    /// <summary>A node on its own may be called anything; kubelet and edgecore register under the host's name.</summary>
    public static PreflightFinding? NodeName(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var what = $"the node is called {spec.Name} and the host {survey.HostName}";
        return Same(spec.Name, survey.HostName) || Same(spec.Name, survey.HostName.Split('.')[0]) ? null
            : spec.Cluster.IsStandalone ? Info(what, "nothing to do: pods and kubectl know the node's name only")
            : Warning(what, $"run: hostnamectl set-hostname {spec.Name}, or correct metadata.name");
    }

    public static PreflightFinding? OwnNameResolves(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var isInHosts =
            survey.Names.Hosts.Any(line => line.Has(survey.HostName))
            || spec.Host.Hosts.Any(entry => entry.Names.Contains(survey.HostName, StringComparer.OrdinalIgnoreCase));
        return isInHosts || survey.Names.KnowsOwnName
            ? null
            : new PreflightFinding(
                spec.Cluster.IsStandalone ? PreflightSeverity.Info : PreflightSeverity.Warning,
                $"the host's own name {survey.HostName} is not in /etc/hosts: only a name server could tell its address",
                $"add it to spec.host.hosts, as in {{ address: {OwnAddress(survey, spec)}, names: [{survey.HostName}] }}"
            );
    }

    /// <summary>
    /// Our lines come last in the file, and the first that has a name wins. Debian gives the host its own name on the loopback,
    /// which is of no use to a pod and does no harm.
    /// </summary>
    public static IEnumerable<PreflightFinding> OtherAddresses(MachineSurvey survey, EdgeNodeSpec spec) =>
        from entry in spec.Host.Hosts
        from name in entry.Names
        let other = survey.Names.Hosts.FirstOrDefault(line =>
            line.Has(name)
            && line.Address.AddressFamily == entry.Address.AddressFamily
            && !line.Address.Equals(entry.Address)
        )
        where other is not null
        let what = $"/etc/hosts:{other.Line} says that {name} is {other.Address}, and the node document {entry.Address}; the line comes first and wins"
        let remedy = $"take {name} out of line {other.Line} of /etc/hosts, or correct spec.host.hosts"
        select IPAddress.IsLoopback(other.Address) && Same(name, survey.HostName)
            ? Info(what, remedy)
            : Drift(what, remedy);

    public static IEnumerable<PreflightFinding> OtherNames(MachineSurvey survey, EdgeNodeSpec spec) =>
        from entry in spec.Host.Hosts
        let other = survey.Names.Hosts.FirstOrDefault(line =>
            line.Address.Equals(entry.Address) && !entry.Names.Any(line.Has)
        )
        where other is not null
        select Info(
            $"/etc/hosts:{other.Line} calls {entry.Address} {other.Names[0]}, and the node document {entry.Names[0]}",
            "nothing to do if the machine has both names; else remove that line"
        );

    public static PreflightFinding? NameServers(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.Names.NameServers.Count > 0
            ? null
            : Info(
                "/etc/resolv.conf names no name server: images of registries outside /etc/hosts cannot be pulled",
                "nothing to do for a node without a network; else set up DNS (systemd-resolved, /etc/resolv.conf)"
            );

    /// <summary>The gateway of the pods is no address by which others know the machine.</summary>
    private static IPAddress OwnAddress(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.HostNetwork.Addresses.FirstOrDefault(address =>
            !IPAddress.IsLoopback(address) && !spec.Network.Bridge.Subnet.Contains(address)
        ) ?? new IPAddress([127, 0, 1, 1]);

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
