using System.Net;
using Holdfast.Document;
using Holdfast.Node.Runtimes.Cni;

namespace Holdfast.Node.Doctor;

/// <summary>Whether the pods' subnet is free on this machine, and which other one is.</summary>
public static class PodSubnets
{
    /// <summary>As large as a pod network needs to be: larger ones are proposed at this size.</summary>
    private const int Largest = 16;

    /// <summary>254 pods; smaller ones are not proposed.</summary>
    private const int Smallest = 24;

    /// <summary>Networks that anybody may use (RFC 1918).</summary>
    private static readonly IPNetwork[] Private =
    [
        new(new IPAddress([10, 0, 0, 0]), 8),
        new(new IPAddress([172, 16, 0, 0]), 12),
        new(new IPAddress([192, 168, 0, 0]), 16),
    ];

    /// <summary>
    /// The document as it is or, where it names no subnet, with one that fits this machine: the one that is configured already,
    /// else the usual one or, where something has that, a free one.
    /// </summary>
    public static EdgeNodeSpec Choose(EdgeNodeSpec spec, MachineSurvey survey)
    {
        var bridge = spec.Network.Bridge;
        if (bridge.IsSubnetNamed)
        {
            return spec;
        }

        // That of a bridge with another name may still be in use there.
        var configured = survey
            .CniNetworks.Where(network => IsOurs(network) && network.Bridges.Contains(bridge.Name))
            .SelectMany(network => network.Subnets);
        var subnet =
            configured.Select(network => (IPNetwork?)network).FirstOrDefault()
            ?? (FindUser(survey, bridge) is null ? bridge.Subnet : FindFree(survey, bridge) ?? bridge.Subnet);
        return spec with { Network = spec.Network with { Bridge = bridge with { Subnet = subnet } } };
    }

    /// <summary>Says that another subnet than the usual one was chosen, and why.</summary>
    internal static PreflightFinding? CheckChoice(MachineSurvey survey, EdgeNodeSpec spec)
    {
        var bridge = spec.Network.Bridge;
        var usual = bridge with { Subnet = BridgeSpec.UsualSubnet };
        return bridge.IsSubnetNamed || bridge.Subnet == usual.Subnet
            ? null
            : PreflightFinding.Info(
                $"pods get addresses of {bridge.Subnet}, since the document names no subnet and "
                    + (FindUser(survey, usual) is { } user ? $"the usual {user}" : "this one is configured already"),
                "nothing to do; spec.network.bridge.subnet names another one"
            ) with
            {
                IsDecision = true,
            };
    }

    /// <summary>What of the host is in the subnet, as the end of a sentence about it; null when it is free.</summary>
    internal static string? FindConflict(MachineSurvey survey, BridgeSpec bridge)
    {
        var route = survey.HostNetwork.Routes.FirstOrDefault(route =>
            route.Interface != bridge.Name && Ipv4.Overlap(route.Network, bridge.Subnet)
        );
        var gateway = survey.HostNetwork.DefaultGateways.FirstOrDefault(bridge.Subnet.Contains);
        return route is not null
                ? $"{bridge.Subnet} overlaps {route.Network}, which this machine reaches by {route.Interface}"
            : gateway is not null ? $"{bridge.Subnet} has the machine's default gateway {gateway} in it"
            : null;
    }

    /// <summary>What to do about a subnet that is not free.</summary>
    internal static string Propose(MachineSurvey survey, BridgeSpec bridge) =>
        FindFree(survey, bridge) is { } free
            ? $"use another one, as in spec.network.bridge.subnet: {free}"
            : "set spec.network.bridge.subnet to a network that this machine does not reach: no private range (RFC 1918) has one free";

    /// <summary>As <see cref="FindConflict"/>, other pod networks included.</summary>
    private static string? FindUser(MachineSurvey survey, BridgeSpec bridge)
    {
        var network = survey.CniNetworks.FirstOrDefault(network =>
            !IsOurs(network) && network.Subnets.Any(subnet => Ipv4.Overlap(subnet, bridge.Subnet))
        );
        return FindConflict(survey, bridge)
            ?? (
                network is null
                    ? null
                    : $"{bridge.Subnet} is that of the network {network.Name} in /etc/cni/net.d/{network.FileName}"
            );
    }

    private static bool IsOurs(CniNetwork network) => network.FileName == CniNetworkChange.FileName;

    /// <summary>
    /// The first private network that overlaps nothing that the machine knows: of the size of the bridge's or, where there is
    /// none, the next smaller; null when there is none.
    /// </summary>
    private static IPNetwork? FindFree(MachineSurvey survey, BridgeSpec bridge)
    {
        IPNetwork[] used =
        [
            .. survey.HostNetwork.Routes.Select(route => route.Network),
            .. survey.CniNetworks.SelectMany(network => network.Subnets),
            bridge.Subnet,
        ];
        var largest = Math.Clamp(bridge.Subnet.PrefixLength, Largest, Smallest);
        var ranges = Private.Where(range => !used.Any(network => IsIn(range, network))).ToArray();
        return Enumerable
            .Range(largest, Smallest - largest + 1)
            .SelectMany(length => ranges.SelectMany(range => Split(range, length)))
            .Where(candidate => !used.Any(network => Ipv4.Overlap(network, candidate)))
            .Select(candidate => (IPNetwork?)candidate)
            .FirstOrDefault();
    }

    private static bool IsIn(IPNetwork small, IPNetwork large) =>
        large.PrefixLength <= small.PrefixLength && large.Contains(small.BaseAddress);

    private static IEnumerable<IPNetwork> Split(IPNetwork range, int length)
    {
        var size = 1u << (32 - length);
        var count = 1u << (length - range.PrefixLength);
        // What comes after the usual network is tried before what comes first.
        var usual = BridgeSpec.UsualSubnet.BaseAddress;
        var start = range.Contains(usual) ? Ipv4.Distance(range.BaseAddress, usual) / size : 0;
        for (uint i = 0; i < count; i++)
        {
            yield return new IPNetwork(Ipv4.Add(range.BaseAddress, (start + i) % count * size), length);
        }
    }
}
