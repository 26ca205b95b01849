using System.Net;
using Holdfast.Document;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Networks that anybody may use (RFC 1918), for proposing one to a pod network.</summary>
internal static class PrivateSubnets
{
    /// <summary>As large as a pod network needs to be: larger ones are proposed at this size.</summary>
    private const int Largest = 16;

    /// <summary>254 pods; smaller ones are not proposed.</summary>
    private const int Smallest = 24;

    /// <summary>10.88.0.0 is where the default network lies: what comes after it is tried before what comes first.</summary>
    private static readonly IPAddress Default = new([10, 88, 0, 0]);

    private static readonly IPNetwork[] Ranges =
    [
        new(new IPAddress([10, 0, 0, 0]), 8),
        new(new IPAddress([172, 16, 0, 0]), 12),
        new(new IPAddress([192, 168, 0, 0]), 16),
    ];

    /// <summary>The first that overlaps none of the used ones: of the wished size or, where there is none, the next smaller.</summary>
    /// <param name="prefixLength">Of the network that it takes the place of.</param>
    /// <returns>Null when there is none.</returns>
    public static IPNetwork? FindFree(int prefixLength, IReadOnlyCollection<IPNetwork> used)
    {
        var largest = Math.Clamp(prefixLength, Largest, Smallest);
        var ranges = Ranges.Where(range => !used.Any(network => IsIn(range, network))).ToArray();
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
