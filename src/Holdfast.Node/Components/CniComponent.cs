using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Node.Facts;
using Holdfast.Node.Resources;
using Holdfast.Node.Spec;

namespace Holdfast.Node.Components;

/// <summary>The network of the pods: CNI plugins and one bridge network that gives every pod an address. Stateless.</summary>
internal sealed class CniComponent : IComponent
{
    /// <summary>Debian's package; it brings iptables along, which masquerading and port maps need.</summary>
    private const string Package = "containernetworking-plugins";

    /// <summary>0.4.0 is understood by every plugin since 0.8 and by every containerd since 1.2.</summary>
    private const string CniVersion = "0.4.0";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public string Name => "network";

    public IEnumerable<IResource> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        // Once our package is in, it stays wanted: otherwise the second run would see a leftover in its own work.
        var mayBePackaged = facts.HasApt && facts.CniPluginDirectory == MachineFacts.PackagedCniDirectory;
        if (!facts.HasCniPlugins || mayBePackaged)
        {
            yield return new AptPackagesResource(Package) { Why = "they connect pods to the network" };
        }

        yield return new CniNetworkResource(spec.Network.Bridge.Name, Render(spec.Network.Bridge));
    }

    public static string Render(BridgeSpec bridge)
    {
        var network = new JsonObject
        {
            ["cniVersion"] = CniVersion,
            ["name"] = CniNetworkResource.NetworkName,
            ["plugins"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "bridge",
                    ["bridge"] = bridge.Name,
                    ["isGateway"] = true,
                    ["ipMasq"] = true,
                    ["hairpinMode"] = true,
                    ["ipam"] = new JsonObject
                    {
                        ["type"] = "host-local",
                        ["ranges"] = new JsonArray(
                            new JsonArray(new JsonObject { ["subnet"] = bridge.Subnet.ToString() })
                        ),
                        ["routes"] = new JsonArray(new JsonObject { ["dst"] = "0.0.0.0/0" }),
                    },
                },
                new JsonObject
                {
                    ["type"] = "portmap",
                    ["capabilities"] = new JsonObject { ["portMappings"] = true },
                    ["snat"] = true,
                }
            ),
        };
        return network.ToJsonString(Indented) + "\n";
    }
}
