using System.Buffers.Binary;
using System.Net;

namespace Holdfast.Document;

/// <summary>Arithmetic of IPv4 addresses and networks.</summary>
internal static class Ipv4
{
    public static IPAddress Add(IPAddress address, uint distance) => From(Bits(address) + distance);

    /// <summary>How many addresses the second is behind the first.</summary>
    public static uint Distance(IPAddress from, IPAddress to) => Bits(to) - Bits(from);

    /// <summary>The network of this length that an address is in.</summary>
    public static IPNetwork NetworkOf(IPAddress address, int prefix) => new(From(Bits(address) & Mask(prefix)), prefix);

    /// <summary>The highest address: that of all machines at once.</summary>
    public static IPAddress Last(IPNetwork network) => From(Bits(network.BaseAddress) | ~Mask(network.PrefixLength));

    /// <summary>Whether one lies in the other, whichever is the larger.</summary>
    public static bool Overlap(IPNetwork one, IPNetwork other) =>
        one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress);

    public static IPAddress From(uint bits)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, bits);
        return new IPAddress(bytes);
    }

    private static uint Bits(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    /// <summary>A shift by 32 would be one by 0.</summary>
    private static uint Mask(int prefix) => prefix == 0 ? 0 : uint.MaxValue << (32 - prefix);
}
