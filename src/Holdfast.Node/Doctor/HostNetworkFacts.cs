using System.Globalization;
using System.Net;
using Holdfast.Document;

namespace Holdfast.Node.Doctor;

/// <summary>A network that the machine reaches, from the main routing table.</summary>
/// <param name="Gateway">Null when the network is right at the interface.</param>
public sealed record HostRoute(string Interface, IPNetwork Network, IPAddress? Gateway);

/// <summary>A bridge of the machine.</summary>
/// <param name="Ports">Interfaces on it; those with hardware behind them.</param>
public sealed record HostBridge(string Name, IReadOnlyList<string> HardwarePorts);

/// <summary>The networks of the host itself, IPv4.</summary>
public sealed record HostNetworkFacts
{
    public IReadOnlyList<string> Interfaces { get; init; } = [];

    public IReadOnlyList<HostBridge> Bridges { get; init; } = [];

    /// <summary>Without the default route.</summary>
    public IReadOnlyList<HostRoute> Routes { get; init; } = [];

    /// <summary>Where the default routes lead.</summary>
    public IReadOnlyList<IPAddress> DefaultGateways { get; init; } = [];

    /// <summary>The machine's own addresses.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    internal static async Task<HostNetworkFacts> ReadAsync(Machine machine, CancellationToken cancellationToken)
    {
        var routes = ParseRoutes(await machine.ReadTextAsync("/proc/net/route", cancellationToken) ?? "").ToArray();
        var trie = await machine.ReadTextAsync("/proc/net/fib_trie", cancellationToken) ?? "";
        var interfaces = ListNames(machine, "/sys/class/net");
        return new HostNetworkFacts
        {
            Interfaces = interfaces,
            Bridges =
            [
                .. interfaces
                    .Where(name => Directory.Exists(machine.At($"/sys/class/net/{name}/bridge")))
                    .Select(name => new HostBridge(
                        name,
                        [
                            .. ListNames(machine, $"/sys/class/net/{name}/brif")
                                .Where(port => Path.Exists(machine.At($"/sys/class/net/{port}/device"))),
                        ]
                    )),
            ],
            Routes = [.. routes.Where(route => route.Network.PrefixLength > 0)],
            DefaultGateways =
            [
                .. routes
                    .Where(route => route.Network.PrefixLength == 0)
                    .Select(route => route.Gateway)
                    .OfType<IPAddress>(),
            ],
            Addresses = [.. ParseAddresses(trie).Distinct()],
        };
    }

    /// <summary>Columns: interface, destination, gateway, flags, references, use, metric, mask; addresses in hex, lowest byte first.</summary>
    internal static IEnumerable<HostRoute> ParseRoutes(string table)
    {
        foreach (var line in table.Split('\n').Skip(1))
        {
            var fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (
                fields.Length >= 8
                && Bits(fields[1]) is { } to
                && Bits(fields[2]) is { } via
                && Bits(fields[7]) is { } mask
            )
            {
                var network = Ipv4.NetworkOf(Ipv4.From(to), System.Numerics.BitOperations.PopCount(mask));
                yield return new HostRoute(fields[0], network, via == 0 ? null : Ipv4.From(via));
            }
        }
    }

    /// <summary>A line with an address (<c>|-- 10.88.0.1</c>), then one that says what it is (<c>/32 host LOCAL</c>).</summary>
    internal static IEnumerable<IPAddress> ParseAddresses(string trie)
    {
        IPAddress? address = null;
        foreach (var line in trie.Split('\n').Select(line => line.Trim()))
        {
            if (line.StartsWith("|-- ", StringComparison.Ordinal))
            {
                address = IPAddress.TryParse(line.AsSpan(4), out var found) ? found : null;
            }
            else if (line == "/32 host LOCAL" && address is not null)
            {
                yield return address;
            }
        }
    }

    private static uint? Bits(string hex) =>
        uint.TryParse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits)
            ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(bits)
            : null;

    private static string[] ListNames(Machine machine, string directory) =>
        Directory.Exists(machine.At(directory))
            ?
            [
                .. Directory
                    .EnumerateFileSystemEntries(machine.At(directory))
                    .Select(path => Path.GetFileName(path))
                    .Order(StringComparer.Ordinal),
            ]
            : [];
}
