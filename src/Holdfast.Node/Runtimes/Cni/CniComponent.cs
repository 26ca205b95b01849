using System.Text.Json;
using System.Text.Json.Nodes;
using Holdfast.Document;
using Holdfast.Node.Components;
using Holdfast.Node.Facts;
using Holdfast.Node.Software;
using Holdfast.Node.Software.Packages;

namespace Holdfast.Node.Runtimes.Cni;

/// <summary>The network of the pods: CNI plugins and one bridge network that gives every pod an address.</summary>
internal sealed class CniComponent : IComponent
{
    /// <summary>Debian's package.</summary>
    private const string Package = "containernetworking-plugins";

    /// <summary>Where the project's own archive belongs, and where every runtime looks by default.</summary>
    private const string ArchiveDirectory = "/opt/cni/bin";

    private const string IptablesPackage = "iptables";

    /// <summary>Understood by every plugin since 0.8, every containerd since 1.2 and every CRI-O.</summary>
    private const string UsualVersion = "0.4.0";

    /// <summary>For plugins that are older.</summary>
    private const string OldVersion = "0.3.1";

    private static readonly Version FirstPluginsWithUsual = new(0, 8);

    private const string Why = "they connect pods to the network";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public string Name => "network";

    public IEnumerable<IStep> Build(EdgeNodeSpec spec, MachineFacts facts)
    {
        foreach (var step in BuildPlugins(spec.Network.Plugins, facts))
        {
            yield return step;
        }

        var network = Render(spec.Network.Bridge, ChooseVersion(spec.Network, facts) ?? UsualVersion);
        yield return new CniNetworkChange(spec.Network.Bridge.Name, network);
    }

    /// <summary>
    /// The version of the CNI specification in which the network is written; nothing in it needs a newer one than the usual.
    /// Null when the plugins that are there agree on none.
    /// </summary>
    public static string? ChooseVersion(NetworkSpec network, MachineFacts facts)
    {
        if (network.Plugins is InstallSpec.Archive or InstallSpec.Bundle)
        {
            // It brings its own, wherever others are now: only its name tells what it holds.
            var archive = SoftwareVersion.Of(network.Plugins);
            return archive is not null && archive < FirstPluginsWithUsual ? OldVersion : UsualVersion;
        }

        var plugins = facts
            .CniPlugins.Where(plugin => plugin.Problem is null && plugin.Name != CniPlugin.Loopback)
            .ToArray();
        return new[] { UsualVersion, OldVersion }.FirstOrDefault(version =>
            plugins.All(plugin => plugin.Versions.Contains(version))
        );
    }

    /// <summary>Where runtimes find the plugins: the archive's place, or wherever they are already.</summary>
    public static string DirectoryOf(NetworkSpec network, MachineFacts facts) =>
        network.Plugins is InstallSpec.Archive or InstallSpec.Bundle ? ArchiveDirectory : facts.CniPluginDirectory;

    private static IEnumerable<IStep> BuildPlugins(InstallSpec install, MachineFacts facts)
    {
        if (install is InstallSpec.Archive { Source: var archive })
        {
            var plugins = new SoftwareSpec("cni-plugins", archive) { Links = [new SoftwareLink(ArchiveDirectory, "")] };
            return [new SoftwareChange(plugins) { Why = Why }, .. BuildIptables(facts)];
        }

        // Once our package is in, it stays wanted: what is not in the plan is not looked after any more. Packages are never
        // leftovers. Plugins that came from elsewhere are as good as the package's.
        var mayBePackaged = facts.HasApt && facts.CniPluginDirectory == MachineFacts.PackagedCniDirectory;
        return install is InstallSpec.Apt && (!facts.HasCniPlugins || mayBePackaged)
            ? [new PackagesChange(Package) { Why = Why }, .. BuildIptables(facts)]
            : [];
    }

    /// <summary>Masquerading and port maps need it. Up to Debian 13 the package of the plugins brings it along, an archive does not.</summary>
    private static IEnumerable<IStep> BuildIptables(MachineFacts facts) =>
        facts.HasApt && !facts.HasIptables
            ? [new PackagesChange(IptablesPackage) { Why = "the plugins let pods out and map their ports with it" }]
            : [];

    public static string Render(BridgeSpec bridge, string cniVersion = UsualVersion)
    {
        var network = new JsonObject
        {
            ["cniVersion"] = cniVersion,
            ["name"] = CniNetworkChange.NetworkName,
            ["plugins"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "bridge",
                    ["bridge"] = bridge.Name,
                    ["isGateway"] = true,
                    ["ipMasq"] = bridge.Masquerade,
                    ["hairpinMode"] = true,
                    ["ipam"] = new JsonObject
                    {
                        ["type"] = "host-local",
                        ["ranges"] = new JsonArray(new JsonArray(RenderRange(bridge))),
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

    /// <summary>The plugin takes the first address as the gateway by itself; files of older versions say no more.</summary>
    private static JsonObject RenderRange(BridgeSpec bridge)
    {
        var range = new JsonObject { ["subnet"] = bridge.Subnet.ToString() };
        if (bridge.Gateway is { } gateway)
        {
            range["gateway"] = gateway.ToString();
        }
        return range;
    }
}
