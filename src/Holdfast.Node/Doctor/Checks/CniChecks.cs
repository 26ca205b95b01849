using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using static Holdfast.Node.Doctor.PreflightFinding;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>The plugins of the pods' network, and whether it is the one that runtimes take.</summary>
internal static class CniChecks
{
    public static PreflightFinding? Plugins(MachineSurvey survey, EdgeNodeSpec spec) =>
        (survey.Facts.HasCniPlugins, spec.Network.Plugins) switch
        {
            (false, InstallSpec.Present) => Error(
                "the CNI plugins are to be present, but they are in none of /opt/cni/bin, /usr/lib/cni and /usr/libexec/cni",
                "unpack them into /opt/cni/bin, or say plugins: { apt: {} } in the node document"
            ),
            (false, InstallSpec.Apt) when !survey.Facts.HasApt => Error(
                "there are no CNI plugins, and this machine has no apt-get to install them",
                "name the plugins' archive in the node document: spec.network.plugins"
            ),
            _ => null,
        };

    public static PreflightFinding? MissingPlugins(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var plugins = ListKept(survey, spec);
        var missing = CniPlugin.Needed.Except(plugins.Select(plugin => plugin.Name)).ToArray();
        return plugins.Count > 0 && missing.Length > 0
            ? Warning(
                $"the CNI plugins {string.Join(", ", missing)} are missing in {survey.Facts.CniPluginDirectory}, while others are there",
                "install them all from one place: spec.network.plugins"
            )
            : null;
    }

    public static IEnumerable<PreflightFinding> BrokenPlugins(MachineSurvey survey, EdgeNodeSpec spec) =>
        ListKept(survey, spec)
            .Where(plugin => plugin.Problem is not null)
            .Select(plugin =>
                Error(
                    $"the CNI plugin {survey.Facts.CniPluginDirectory}/{plugin.Name} does not run: {plugin.Problem}",
                    "replace it by one for this machine's architecture"
                )
            );

    public static PreflightFinding? Versions(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var plugins = ListKept(survey, spec);
        if (
            plugins.Count == 0
            || plugins.Any(plugin => plugin.Problem is not null)
            || CniComponent.ChooseVersion(spec.Network, survey.Facts) is not null
        )
        {
            return null;
        }

        var known = plugins
            .Where(plugin => plugin.Name != CniPlugin.Loopback)
            .Select(plugin => $"{plugin.Name} knows {string.Join(", ", plugin.Versions)}");
        return Error(
            $"there is no version of the CNI specification that all plugins understand: {string.Join("; ", known)}",
            "install plugins of one release, 0.8 or newer: spec.network.plugins"
        );
    }

    /// <summary><c>up</c> installs it with the plugins, where there is apt.</summary>
    public static PreflightFinding? Iptables(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var comesAlong = spec.Network.Plugins switch
        {
            InstallSpec.Apt => !survey.Facts.HasCniPlugins,
            InstallSpec.Archive => survey.Facts.HasApt,
            _ => false,
        };
        return survey.Facts.HasIptables || comesAlong
            ? null
            : Warning(
                $"there is no iptables, which {(spec.Network.Bridge.Masquerade ? "masquerading" : "every port map of a pod")} needs",
                survey.Facts.HasApt ? "run: apt-get install iptables" : "install iptables"
            );
    }

    /// <summary>Runtimes take the first file in byte order: one before ours wins.</summary>
    public static PreflightFinding? EarlierNetwork(MachineSurvey survey, EdgeNodeSpec spec) =>
        survey.CniNetworks is [var first, ..] && string.CompareOrdinal(first.FileName, CniNetworkChange.FileName) < 0
            ? Warning(
                first.Name is null
                    ? $"/etc/cni/net.d/{first.FileName} comes before this node's network and is no CNI configuration: a runtime may stop at it"
                    : $"another pod network comes first: {first.Name} in /etc/cni/net.d/{first.FileName}",
                "move that file away to give pods the network of the node document"
            )
            : null;

    /// <summary>Another network on the same bridge, or one that gives out the same addresses.</summary>
    public static IEnumerable<PreflightFinding> OtherNetworks(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var bridge = spec.Network.Bridge;
        return from network in survey.CniNetworks
            where network.FileName != CniNetworkChange.FileName
            let sharesBridge = network.Bridges.Contains(bridge.Name)
            where sharesBridge || network.Subnets.Any(subnet => Ipv4.Overlap(subnet, bridge.Subnet))
            let what = $"the network {network.Name} in /etc/cni/net.d/{network.FileName}"
            select sharesBridge
                ? Warning(
                    $"{what} uses the bridge {bridge.Name} too",
                    "move that file away, or give the node document's bridge another name"
                )
                : Warning(
                    $"{what} gives out addresses of {bridge.Subnet} too",
                    $"move that file away, or {PodSubnets.Propose(survey, bridge)}"
                );
    }

    /// <summary>The plugins that are there and that no archive or bundle takes the place of.</summary>
    private static IReadOnlyList<CniPlugin> ListKept(MachineSurvey survey, EdgeNodeSpec spec) =>
        spec.Network.Plugins is InstallSpec.Archive or InstallSpec.Bundle || !survey.Facts.HasCniPlugins
            ? []
            : survey.Facts.CniPlugins;
}
