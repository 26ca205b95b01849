using System.Net;
using Holdfast.Document;
using Holdfast.Node.Runtimes.Cni;

namespace Holdfast.Node.Doctor;

/// <summary>Whether the pods' subnet is free on this machine, and which other one is.</summary>
internal static class PodSubnets
{
    /// <summary>As large as a pod network needs to be: larger ones are proposed at this size.</summary>
    private const int Largest = 16;

    /// <summary>254 pods; smaller ones are not proposed.</summary>
    private const int Smallest = 24;

    /// <summary>10.88.0.0 is where the default network lies: what comes after it is tried before what comes first.</summary>
    private static readonly IPAddress Default = new([10, 88, 0, 0]);

    /// <summary>Networks that anybody may use (RFC 1918).</summary>
    private static readonly IPNetwork[] Private =
    [
        new(new IPAddress([10, 0, 0, 0]), 8),
        new(new IPAddress([172, 16, 0, 0]), 12),
        new(new IPAddress([192, 168, 0, 0]), 16),
    ];

    /// <summary>What of the host is in the subnet, as the end of a sentence about it; null when it is free.</summary>
    public static string? FindConflict(MachineSurvey survey, BridgeSpec bridge)
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
    public static string Propose(MachineSurvey survey, BridgeSpec bridge) =>
        FindFree(survey, bridge) is { } free
            ? $"use another one, as in spec.network.bridge.subnet: {free}"
            : "set spec.network.bridge.subnet to a network that this machine does not reach: no private range (RFC 1918) has one free";

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
        var start = range.Contains(Default) ? Ipv4.Distance(range.BaseAddress, Default) / size : 0;
        for (uint i = 0; i < count; i++)
        {
            yield return new IPNetwork(Ipv4.Add(range.BaseAddress, (start + i) % count * size), length);
        }
    }
}
