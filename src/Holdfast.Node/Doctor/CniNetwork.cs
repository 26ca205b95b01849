using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Node.Runtimes.Cni;

namespace Holdfast.Node.Doctor;

/// <summary>A file of <c>/etc/cni/net.d</c> that runtimes look at.</summary>
/// <param name="FileName">Without directory. Runtimes take the file whose name is first in byte order.</param>
/// <param name="Name">Name of the network; null when the file is no CNI configuration.</param>
/// <param name="Bridges">Bridges that its plugins make.</param>
/// <param name="Subnets">IPv4 networks that its addresses come from.</param>
/// <param name="CniVersion">As written.</param>
public sealed record CniNetwork(
    string FileName,
    string? Name,
    IReadOnlyList<string> Bridges,
    IReadOnlyList<IPNetwork> Subnets,
    string? CniVersion
)
{
    /// <summary>In the order in which runtimes would take them.</summary>
    internal static async Task<IReadOnlyList<CniNetwork>> ListAsync(
        Machine machine,
        CancellationToken cancellationToken
    )
    {
        var directory = Path.GetDirectoryName(CniNetworkChange.FilePath)!;
        if (!Directory.Exists(machine.At(directory)))
        {
            return [];
        }

        var names = Directory
            .EnumerateFiles(machine.At(directory))
            .Select(file => Path.GetFileName(file))
            .Where(name => Path.GetExtension(name) is ".conf" or ".conflist" or ".json")
            .Order(StringComparer.Ordinal);
        var networks = new List<CniNetwork>();
        foreach (var name in names)
        {
            var text = await machine.ReadTextAsync($"{directory}/{name}", cancellationToken) ?? "";
            networks.Add(Parse(name, text));
        }

        return networks;
    }

    /// <summary>A list of plugins, or a single one; what cannot be read has no name.</summary>
    internal static CniNetwork Parse(string fileName, string text)
    {
        try
        {
            if (JsonNode.Parse(text) is JsonObject network)
            {
                var plugins = network["plugins"] is JsonArray list ? list.OfType<JsonObject>().ToArray() : [network];
                return new CniNetwork(
                    fileName,
                    Text(network, "name") ?? "",
                    [
                        .. plugins
                            .Where(plugin => Text(plugin, "type") == "bridge")
                            .Select(plugin => Text(plugin, "bridge") ?? "cni0"),
                    ],
                    [.. plugins.SelectMany(SubnetsOf).Distinct()],
                    Text(network, "cniVersion")
                );
            }
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException)
        {
            // Not ours to complain about here: a check does.
        }

        return new CniNetwork(fileName, null, [], [], null);
    }

    /// <summary><c>ipam.subnet</c>, or <c>ipam.ranges</c>: alternatives of ranges.</summary>
    private static IEnumerable<IPNetwork> SubnetsOf(JsonObject plugin)
    {
        if (plugin["ipam"] is not JsonObject ipam)
        {
            return [];
        }

        var ranges = (ipam["ranges"] as JsonArray ?? [])
            .OfType<JsonArray>()
            .SelectMany(set => set.OfType<JsonObject>());
        return ranges
            .Append(ipam)
            .Select(range => Text(range, "subnet"))
            .Select(text => IPNetwork.TryParse(text, out var subnet) ? subnet : (IPNetwork?)null)
            .OfType<IPNetwork>()
            .Where(subnet => subnet.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork);
    }

    private static string? Text(JsonObject json, string key) =>
        json[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
