using System.Net;
using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Runtimes.Cni;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>The pods' network: its plugins, and whether it is the one that runtimes take.</summary>
internal static class CniChecks
{
    public static IEnumerable<PreflightFinding> Plugins(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (survey.Facts.HasCniPlugins)
        {
            yield break;
        }

        if (spec.Network.Plugins is InstallSpec.Present)
        {
            yield return PreflightFinding.Error(
                FindingId.CniMissing,
                "the CNI plugins are to be present, but they are in none of /opt/cni/bin, /usr/lib/cni and /usr/libexec/cni",
                "unpack them into /opt/cni/bin, or say plugins: { apt: {} } in the node document"
            );
        }
        else if (spec.Network.Plugins is InstallSpec.Apt && !survey.Facts.HasApt)
        {
            yield return PreflightFinding.Error(
                FindingId.CniMissing,
                "there are no CNI plugins, and this machine has no apt-get to install them",
                "name the plugins' archive in the node document: spec.network.plugins"
            );
        }
    }

    /// <summary>Plugins that come with this apply are asked when they are there.</summary>
    public static IEnumerable<PreflightFinding> Versions(MachineSurvey survey, EdgeNodeSpec spec)
    {
        if (
            !survey.Facts.HasCniPlugins
            || CniComponent.DirectoryOf(spec.Network, survey.Facts) != survey.Facts.CniPluginDirectory
        )
        {
            yield break;
        }

        var replaces = spec.Network.Plugins is InstallSpec.Archive or InstallSpec.Bundle;
        var missing = CniPlugin.Needed.Except(survey.Facts.CniPlugins.Select(plugin => plugin.Name)).ToArray();
        if (missing.Length > 0 && !replaces && survey.Facts.CniPlugins.Count > 0)
        {
            yield return PreflightFinding.Warning(
                FindingId.CniIncomplete,
                $"the CNI plugins {string.Join(", ", missing)} are missing in {survey.Facts.CniPluginDirectory}, while others are there",
                "install them all from one place: spec.network.plugins"
            );
        }

        foreach (var plugin in survey.Facts.CniPlugins.Where(plugin => plugin.Problem is not null && !replaces))
        {
            yield return PreflightFinding.Error(
                FindingId.CniBroken,
                $"the CNI plugin {survey.Facts.CniPluginDirectory}/{plugin.Name} does not run: {plugin.Problem}",
                "replace it by one for this machine's architecture"
            );
        }

        if (
            !replaces
            && survey.Facts.CniPlugins.All(plugin => plugin.Problem is null)
            && CniVersions.Choose(spec, survey.Facts) is null
        )
        {
            var said = survey
                .Facts.CniPlugins.Where(plugin => plugin.Name != CniPlugin.Loopback)
                .Select(plugin => $"{plugin.Name} knows {string.Join(", ", plugin.Versions)}");
            yield return PreflightFinding.Error(
                FindingId.CniVersions,
                $"there is no version of the CNI specification that all plugins and the runtime understand: {string.Join("; ", said)}",
                "install plugins of one release, 0.8 or newer: spec.network.plugins"
            );
        }
    }

    /// <summary><c>up</c> installs it with the plugins, where there is apt.</summary>
    public static IEnumerable<PreflightFinding> Iptables(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var comesAlong = spec.Network.Plugins switch
        {
            InstallSpec.Apt => !survey.Facts.HasCniPlugins,
            InstallSpec.Archive => survey.Facts.HasApt,
            _ => false,
        };
        if (!survey.Facts.HasIptables && !comesAlong)
        {
            yield return PreflightFinding.Warning(
                FindingId.NoIptables,
                $"there is no iptables, which {(spec.Network.Bridge.Masquerade ? "masquerading" : "every port map of a pod")} needs",
                survey.Facts.HasApt ? "run: apt-get install iptables" : "install iptables"
            );
        }
    }

    /// <summary>Runtimes take the first file in byte order: one before ours wins.</summary>
    public static IEnumerable<PreflightFinding> EarlierNetworks(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var first = survey.CniNetworks.FirstOrDefault();
        if (first is not null && string.CompareOrdinal(first.FileName, CniNetworkChange.FileName) < 0)
        {
            yield return PreflightFinding.Warning(
                FindingId.CniEarlierNetwork,
                first.Name is null
                    ? $"/etc/cni/net.d/{first.FileName} comes before this node's network and is no CNI configuration: a runtime may stop at it"
                    : $"another pod network comes first: {first.Name} in /etc/cni/net.d/{first.FileName}",
                "move that file away to give pods the network of the node document"
            );
        }
    }

    /// <summary>Another network on the same bridge, or one that gives out the same addresses.</summary>
    public static IEnumerable<PreflightFinding> OtherNetworks(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var bridge = spec.Network.Bridge;
        foreach (var other in survey.CniNetworks.Where(network => network.FileName != CniNetworkChange.FileName))
        {
            var sharesBridge = other.Bridges.Contains(bridge.Name);
            if (!sharesBridge && !other.Subnets.Any(subnet => Ipv4.Overlap(subnet, bridge.Subnet)))
            {
                continue;
            }

            yield return PreflightFinding.Warning(
                FindingId.CniNetworkConflict,
                sharesBridge
                    ? $"the network {other.Name} in /etc/cni/net.d/{other.FileName} uses the bridge {bridge.Name} too"
                    : $"the network {other.Name} in /etc/cni/net.d/{other.FileName} gives out addresses of {bridge.Subnet} too",
                sharesBridge
                    ? "move that file away, or give the node document's bridge another name"
                    : $"move that file away, or {AnotherSubnet(survey, bridge)}"
            );
        }
    }

    /// <summary>A subnet that the host reaches elsewhere would be lost to the host, and pods to each other.</summary>
    public static IEnumerable<PreflightFinding> Routes(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var bridge = spec.Network.Bridge;
        var conflict = survey.HostNetwork.Routes.FirstOrDefault(route =>
            route.Interface != bridge.Name && Ipv4.Overlap(route.Network, bridge.Subnet)
        );
        var gateway = survey.HostNetwork.DefaultGateways.FirstOrDefault(bridge.Subnet.Contains);
        if (conflict is null && gateway is null)
        {
            yield break;
        }

        // Once our bridge is there the harm is done: refusing every further up would only keep it from being mended.
        var severity = survey.HostNetwork.Interfaces.Contains(bridge.Name)
            ? PreflightSeverity.Warning
            : PreflightSeverity.Error;
        yield return new PreflightFinding(
            FindingId.SubnetInUse,
            severity,
            conflict is not null
                ? $"the pods' subnet {bridge.Subnet} overlaps {conflict.Network}, which this machine reaches by {conflict.Interface}"
                : $"the pods' subnet {bridge.Subnet} has the machine's default gateway {gateway} in it",
            AnotherSubnet(survey, bridge)
        );
    }

    /// <summary>An interface of the bridge's name that is not, or not only, the pods' bridge.</summary>
    public static IEnumerable<PreflightFinding> Bridge(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var bridge = spec.Network.Bridge;
        if (!survey.HostNetwork.Interfaces.Contains(bridge.Name))
        {
            yield break;
        }

        const string remedy = "give the node document's bridge another name: spec.network.bridge.name";
        if (survey.HostNetwork.Bridges.FirstOrDefault(b => b.Name == bridge.Name) is not { } found)
        {
            yield return PreflightFinding.Error(
                FindingId.BridgeNotABridge,
                $"there is an interface {bridge.Name}, and it is no bridge",
                remedy
            );
        }
        else if (found.HardwarePorts.Count > 0)
        {
            yield return PreflightFinding.Error(
                FindingId.BridgeForeign,
                $"the bridge {bridge.Name} belongs to the machine's own network: {string.Join(", ", found.HardwarePorts)} is on it",
                remedy
            );
        }
        else if (OtherAddress(survey, bridge) is { } address)
        {
            yield return BridgeWithOtherAddress(survey, bridge, address, remedy);
        }
    }

    /// <summary>From an older node document the bridge is ours, and goes when no pod hangs on it.</summary>
    private static PreflightFinding BridgeWithOtherAddress(
        MachineSurvey survey,
        BridgeSpec bridge,
        string address,
        string remedy
    )
    {
        var isOurs = survey.CniNetworks.Any(network =>
            network.FileName == CniNetworkChange.FileName && network.Bridges.Contains(bridge.Name)
        );
        return isOurs
            ? PreflightFinding.Warning(
                FindingId.BridgeOldAddress,
                $"the bridge {bridge.Name} still has {address} from an older node document: new pods get no address",
                $"when no pod runs any more: ip link delete {bridge.Name} (the next pod makes it anew)"
            )
            : PreflightFinding.Error(
                FindingId.BridgeForeign,
                $"the bridge {bridge.Name} belongs to another network: it has {address}, not {bridge.EffectiveGateway} of {bridge.Subnet}",
                remedy
            );
    }

    /// <summary>Its network when that is not the subnet, or its address there when that is not the gateway.</summary>
    private static string? OtherAddress(MachineSurvey survey, BridgeSpec bridge)
    {
        var networks = survey
            .HostNetwork.Routes.Where(route => route.Interface == bridge.Name && route.Gateway is null)
            .Select(route => route.Network)
            .ToArray();
        if (networks.Length > 0 && !networks.Contains(bridge.Subnet))
        {
            return $"the network {networks[0]}";
        }

        var addresses = survey.HostNetwork.Addresses.Where(bridge.Subnet.Contains).ToArray();
        return networks.Length > 0 && addresses.Length > 0 && !addresses.Contains(bridge.EffectiveGateway)
            ? $"the address {addresses[0]}"
            : null;
    }

    private static string AnotherSubnet(MachineSurvey survey, BridgeSpec bridge)
    {
        var used = survey
            .HostNetwork.Routes.Select(route => route.Network)
            .Concat(survey.CniNetworks.SelectMany(network => network.Subnets))
            .Append(bridge.Subnet)
            .ToArray();
        return PrivateSubnets.FindFree(bridge.Subnet.PrefixLength, used) is { } free
            ? $"use another one, as in spec.network.bridge.subnet: {free}"
            : "set spec.network.bridge.subnet to a network that this machine does not reach: no private range (RFC 1918) has one free";
    }
}
