using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Holdfast.Document;

/// <summary>Reads <c>spec.network</c>.</summary>
internal static class NetworkReader
{
    /// <summary>Bits: a smaller network has no room for a gateway and pods, a larger one is more than IPv4 assigns to private use.</summary>
    private const int LongestPrefix = 29;
    private const int ShortestPrefix = 8;

    public static NetworkSpec Read(DocumentMap network) =>
        new()
        {
            Bridge = ReadBridge(network.Map("bridge")),
            Plugins = InstallReader.Read(network, "plugins", "apt", "archive", "bundle", "present"),
        };

    private static BridgeSpec ReadBridge(DocumentMap map)
    {
        var defaults = new BridgeSpec();
        var subnet = map.Text("subnet", CheckSubnet) is { } text ? IPNetwork.Parse(text) : defaults.Subnet;
        return new BridgeSpec
        {
            Name = map.Text("name", NameRules.InterfaceName) ?? defaults.Name,
            Subnet = subnet,
            // A gateway is an address of one subnet.
            IsSubnetNamed = map.Has("subnet") || map.Has("gateway"),
            Gateway = map.Text("gateway", text => CheckGateway(text, subnet)) is { } gateway
                ? NameRules.Address(gateway)
                : null,
            Masquerade = map.Switch("masquerade") ?? defaults.Masquerade,
        };
    }

    private static string? CheckSubnet(string text)
    {
        var shown = DocumentMap.Shown(text);
        if (
            text.Split('/') is not [var written, var length]
            || NameRules.Address(written) is not { } address
            || !byte.TryParse(length, NumberStyles.None, null, out var prefix)
        )
        {
            return $"\"{shown}\" is not a network such as 10.88.0.0/16";
        }
        if (address.AddressFamily != AddressFamily.InterNetwork)
        {
            return $"\"{shown}\" is IPv6; this version gives pods IPv4 addresses only";
        }
        if (prefix is < ShortestPrefix or > LongestPrefix)
        {
            return $"\"{shown}\": the prefix must be between /{ShortestPrefix} and /{LongestPrefix}";
        }
        var subnet = Ipv4.NetworkOf(address, prefix);
        return subnet.BaseAddress.Equals(address) ? null : $"\"{shown}\" has host bits set; did you mean {subnet}?";
    }

    private static string? CheckGateway(string text, IPNetwork subnet)
    {
        var shown = DocumentMap.Shown(text);
        return NameRules.Address(text) is not { AddressFamily: AddressFamily.InterNetwork } address
                ? $"\"{shown}\" is not an IPv4 address"
            : !subnet.Contains(address) ? $"\"{shown}\" is not in the subnet {subnet}"
            : address.Equals(subnet.BaseAddress) || address.Equals(Ipv4.Last(subnet))
                ? $"\"{shown}\" stands for the whole subnet {subnet}, it cannot be a machine's; did you mean {Ipv4.Add(subnet.BaseAddress, 1)}?"
            : null;
    }
}
