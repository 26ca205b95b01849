using Holdfast.Node.Spec;

namespace Holdfast.Node.Facts.Checks;

/// <summary>The pods' network: its plugins, and whether it is the one that runtimes take. Pure.</summary>
internal static class CniChecks
{
    public static IEnumerable<PreflightFinding> Plugins(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (facts.HasCniPlugins)
        {
            yield break;
        }

        if (spec.Network.Plugins is InstallSpec.Present)
        {
            yield return PreflightFinding.Error(
                FindingId.CniMissing,
                "the CNI plugins shall be present, but they are in none of /opt/cni/bin, /usr/lib/cni and /usr/libexec/cni",
                "unpack them into /opt/cni/bin, or say plugins: { apt: {} } in the node document"
            );
        }
        else if (spec.Network.Plugins is InstallSpec.Apt && !facts.HasApt)
        {
            yield return PreflightFinding.Error(
                FindingId.CniMissing,
                "there are no CNI plugins, and this machine has no apt-get to install them",
                "name the plugins' archive in the node document: spec.network.plugins"
            );
        }
    }

    public static IEnumerable<PreflightFinding> EarlierNetworks(MachineFacts facts, EdgeNodeSpec spec)
    {
        if (facts.OtherCniNetworks.Count > 0)
        {
            yield return PreflightFinding.Warning(
                FindingId.CniEarlierNetwork,
                $"another pod network comes first: /etc/cni/net.d/{facts.OtherCniNetworks[0]}",
                "move that file away if pods shall use the network of the node document"
            );
        }
    }
}
